"""What a committee was measured to be worth when its epoch was made: figures with a source, in integers (docs/adr/0013)."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from probatum.encoding.digest import Digest
from probatum.encoding.form import Form
from probatum.errors import ConsensusError
from probatum.frozen import Value

BASIS_POINTS: Final = 10_000
MAX_SETS: Final = 64
MAX_ROWS: Final = 2**40


def basis_points(share: float) -> int:
    """A share from 0 to 1 as an integer from 0 to 10,000; raises ValueError outside."""
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    return round(share * BASIS_POINTS)


Share: TypeAlias = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]


class Expected(Form, frozen=True):
    """How the committee did on one labelled set, in basis points.

    Attributes:
        set: the set's name.
        rows: how many labelled claims it has.
        precision: of what was certified as SUPPORTED, with supported and other claims weighted alike; ``None`` if nothing was.
        recall: share of the supported claims that were certified.
    """

    precision: Share | None
    recall: Share
    rows: Annotated[int, Meta(ge=1, le=MAX_ROWS)]
    set: Annotated[str, Meta(min_length=1, max_length=80)]


class Source(Form, frozen=True):
    """The file that figures come from."""

    digest: Digest
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class CalibrationForm(Form, frozen=True):
    """A calibration as it stands in an epoch."""

    measured: Annotated[tuple[Expected, ...], Meta(min_length=1, max_length=MAX_SETS)]
    source: Source


class Calibration(Value, frozen=True):
    """The committee's figures on named sets, and where they come from: a file, by name and digest."""

    measured: tuple[Expected, ...]
    source: str
    digest: Digest

    @property
    def range(self) -> tuple[int, int] | None:
        """The lowest and the highest precision, in basis points; ``None`` if nothing was certified on any set."""
        known = [one.precision for one in self.measured if one.precision is not None]
        return (min(known), max(known)) if known else None

    @property
    def form(self) -> CalibrationForm:
        """As it stands in an epoch."""
        return CalibrationForm(self.measured, Source(self.digest, self.source))

    @classmethod
    def of(cls, form: CalibrationForm, where: str) -> Calibration:
        """The calibration that was read; raises ConsensusError where a set stands twice or out of order."""
        names = [one.set for one in form.measured]
        if names != sorted(set(names)):
            raise ConsensusError(f"{where}.measured: expected at least one set, each once, in order of their names")
        for place, one in enumerate(form.measured):
            if one.precision is None and one.recall:
                raise ConsensusError(f"{where}.measured[{place}].precision: expected basis points where something was certified")
        return cls(form.measured, form.source.name, form.source.digest)
