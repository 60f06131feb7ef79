"""A line of a table of measurements."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``met`` is None where nothing is required, and ``noise`` says how sure the figure is."""

    what: str
    measured: str
    against: str
    ratio: str
    required: str
    met: bool | None
    noise: str = ""

    def __str__(self) -> str:
        met = "" if self.met is None else "yes" if self.met else "**no**"
        return f"| {self.what} | {self.measured} | {self.against} | {self.ratio} | {self.required} | {met} | {self.noise} |"
