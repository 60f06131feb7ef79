"""Frozen values: they never change, whatever made them, and what is made lazily is made from their fields."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from probatum.frozen import Value, known, lazy, replace


class Span(Value, frozen=True, dict=True):
    start: int
    end: int = 9
    KIND: ClassVar[int] = 7

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError("reversed")

    @lazy
    def size(self) -> list[int]:
        """Made once."""
        return [self.end - self.start]


class Other(Value, frozen=True):
    start: int
    end: int = 9


@dataclasses.dataclass(frozen=True)
class Standard:
    start: int
    end: int = 9


def test_values_compare_hash_and_show_as_what_they_hold() -> None:
    assert Span(1) == Span(1, 9)
    assert Span(1) != Span(2)
    assert Span(1) != Other(1)
    assert hash(Span(1)) == hash(Span(1, 9))
    assert repr(Other(1)) == "Other(start=1, end=9)"
    assert Span.__match_args__ == ("start", "end")
    assert Span.KIND == 7
    assert copy.copy(Span(1)) == pickle.loads(pickle.dumps(Span(1))) == Span(1)  # noqa: S301
    for wrong in ({}, {"start": 1, "x": 2}):
        with pytest.raises(TypeError):
            Span(**wrong)


@pytest.mark.parametrize("name", ["start", "new", "size"])
def test_nothing_changes(name: str) -> None:
    one: Any = Span(1)
    with pytest.raises(AttributeError):
        setattr(one, name, 2)
    with pytest.raises(AttributeError):
        delattr(one, name)


def test_a_refused_object_cannot_come_from_replacing_either() -> None:
    with pytest.raises(ValueError, match="reversed"):
        Span(3, 2)
    with pytest.raises(ValueError, match="reversed"):
        replace(Span(1, 2), start=3)


def test_a_lazy_attribute_is_made_once_for_each_object_and_takes_no_part_in_comparing() -> None:
    one = Span(1)
    assert one.size == [8]
    assert one.size is one.size
    assert one == Span(1)
    assert replace(one, start=2).size == [7]
    assert copy.copy(one).size == [8]
    assert isinstance(Span.size, lazy)
    assert Span.size.__doc__ == "Made once."


def test_what_is_known_already_is_not_made_but_is_not_carried_over() -> None:
    one = known(Span(1), size=[0])
    assert one.size == [0]
    assert replace(one, end=5).size == [4]


def test_replacing_works_on_dataclasses_too() -> None:
    assert replace(Standard(1), end=2) == Standard(1, 2)
