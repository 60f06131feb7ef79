"""llama.cpp in this process (package ``xllamacpp``): loads one model file, and asks for no open door."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probatum.errors import ValidatorUnavailable
from probatum.validators.extras import need

LIBRARY = "xllamacpp"


def _new_key() -> str:
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Loading:
    """How a model is loaded.

    Attributes:
        model: the GGUF file.
        threads: that compute.
        context: tokens of one conversation, prompt and answer together.
        slots: conversations at one time; further ones wait.
        name: as llama.cpp's server calls the model; empty: by its path.
        key: it also listens on loopback, at a port of its own; nobody else is to use that.
    """

    model: Path
    threads: int
    context: int
    slots: int = 1
    name: str = ""
    key: str = field(default_factory=_new_key, repr=False)


def load(loading: Loading, user: str) -> Any:
    """Load a model; blocks for seconds.

    Args:
        loading: how.
        user: who needs it, for the error.

    Returns:
        The ``xllamacpp.Server``. The model is unloaded with it.

    Raises:
        ValidatorUnavailable: the package is not installed, or llama.cpp refuses the file.
    """
    library = need(LIBRARY, user)
    settings = library.CommonParams()
    settings.model.path = str(loading.model)
    settings.n_ctx, settings.n_parallel = loading.context * loading.slots, loading.slots
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = loading.threads
    settings.warmup, settings.verbosity, settings.offline = False, 0, True
    settings.model_alias = {loading.name} if loading.name else set()
    settings.api_keys = [loading.key]
    settings.ui = settings.endpoint_slots = False
    try:
        return library.Server(settings)
    except RuntimeError as problem:
        raise ValidatorUnavailable(f"llama.cpp cannot load {loading.model}: {problem}") from None
