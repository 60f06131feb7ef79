"""What a committee was measured to be worth when its epoch was made: figures with a source, in integers (docs/adr/0013)."""

from __future__ import annotations

from typing import Final

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import frozen

BASIS_POINTS: Final = 10_000
MAX_SETS: Final = 64
MAX_ROWS: Final = 2**40


def basis_points(share: float) -> int:
    """A share from 0 to 1 as an integer from 0 to 10,000; raises ValueError outside."""
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    return round(share * BASIS_POINTS)


@frozen
class Expected:
    """How the committee did on one labelled set, in basis points.

    Attributes:
        set: the set's name.
        rows: how many labelled claims it has.
        precision: of what was certified as SUPPORTED, with supported and other claims weighted alike; ``None`` if nothing was.
        recall: share of the supported claims that were certified.
    """

    set: str
    rows: int
    precision: int | None
    recall: int

    def to_json(self) -> dict[str, Json]:
        """As it stands in an epoch."""
        return {"precision": self.precision, "recall": self.recall, "rows": self.rows, "set": self.set}

    @classmethod
    def from_json(cls, value: Json, where: str) -> Expected:
        """Read one set's figures; raises ConsensusError naming the field."""
        f = Fields(value, "precision recall rows set", where, ConsensusError)
        if not f.text("set", 80):
            raise f.fail("set", "the name of a labelled set")
        precision = f.optional("precision", lambda key: f.integer(key, 0, BASIS_POINTS))
        recall = f.integer("recall", 0, BASIS_POINTS)
        if (precision is None) and recall:
            raise f.fail("precision", "basis points where something was certified")
        return cls(f.text("set", 80), f.integer("rows", 1, MAX_ROWS), precision, recall)


@frozen
class Calibration:
    """The committee's figures on named sets, and where they come from: a file, by name and digest."""

    measured: tuple[Expected, ...]
    source: str
    digest: Digest

    @property
    def range(self) -> tuple[int, int] | None:
        """The lowest and the highest precision, in basis points; ``None`` if nothing was certified on any set."""
        known = [one.precision for one in self.measured if one.precision is not None]
        return (min(known), max(known)) if known else None

    def to_json(self) -> dict[str, Json]:
        """As it stands in an epoch."""
        return {
            "measured": [one.to_json() for one in self.measured],
            "source": {"digest": str(self.digest), "name": self.source},
        }

    @classmethod
    def from_json(cls, value: Json, where: str) -> Calibration:
        """Read a calibration; raises ConsensusError naming the field, and where no set is named or one stands twice."""
        f = Fields(value, "measured source", where, ConsensusError)
        source = Fields(f.value["source"], "digest name", f"{where}.source", ConsensusError)
        measured = f.each("measured", Expected.from_json, MAX_SETS)
        names = [one.set for one in measured]
        if not names or names != sorted(set(names)):
            raise ConsensusError(f"{where}.measured: expected at least one set, each once, in order of their names")
        if not source.text("name", 200):
            raise source.fail("name", "where the figures come from")
        return cls(measured, source.text("name", 200), source.digest("digest"))
