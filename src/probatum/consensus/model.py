"""What an epoch says of a validator's model."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from probatum.encoding.digest import Digest
from probatum.encoding.form import Form


class ModelDescriptor(Form, frozen=True):
    """Name, family (the unit of diversity that ``min_families`` counts), architecture, training sets, digest of the weights."""

    architecture: Annotated[str, Meta(max_length=200)]
    family: Annotated[str, Meta(min_length=1, max_length=80)]
    name: Annotated[str, Meta(max_length=80)]
    training: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=64)]
    weights: Digest
