"""``@frozen`` against ``dataclasses.dataclass(frozen=True, slots=True)``: the same class, made faster."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from probatum import frozen as module
from probatum.frozen import field, frozen


@frozen
class Ours:
    a: int
    b: str = "b"
    c: tuple[int, ...] = field(default_factory=tuple)
    d: int = field(default=0, repr=False, compare=False)
    K: ClassVar[int] = 7

    @property
    def twice(self) -> int:
        return 2 * self.a


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    a: int
    b: str = "b"
    c: tuple[int, ...] = dataclasses.field(default_factory=tuple)
    d: int = dataclasses.field(default=0, repr=False, compare=False)
    K: ClassVar[int] = 7


@frozen
class Checked:
    a: int
    memo: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("negative")


def test_same_behaviour() -> None:
    for cls in (Ours, Theirs):
        make: Any = cls
        assert make(1) == make(1, "b", (), d=9)
        assert make(1) != make(2)
        assert hash(make(1)) == hash(make(1, d=9))
        assert repr(make(1)) == f"{cls.__name__}(a=1, b='b', c=())"
        assert make.__match_args__ == ("a", "b", "c", "d")
        assert dataclasses.replace(make(1), a=2) == make(2)
        assert [f.name for f in dataclasses.fields(make)] == ["a", "b", "c", "d"]
        assert copy.copy(make(1)) == pickle.loads(pickle.dumps(make(1))) == make(1)  # noqa: S301
        assert not hasattr(make(1), "__dict__")
        for wrong in ({}, {"a": 1, "x": 2}):
            with pytest.raises(TypeError):
                make(**wrong)
        with pytest.raises(AttributeError):
            make(1).a = 2
        with pytest.raises(AttributeError):
            del make(1).a
        with pytest.raises((AttributeError, TypeError)):
            make(1).new = 2
    assert Ours(1) != Theirs(1)
    assert Ours(3).twice == 6
    assert Ours.K == 7


def test_post_init_runs_and_unset_fields_stay_unset() -> None:
    assert Checked(1) == Checked(1)
    assert not hasattr(Checked(1), "memo")
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)
    with pytest.raises(ValueError, match="negative"):
        module.replace(Checked(1), a=-1)
    assert module.replace(Checked(1), a=2).a == 2


def test_pattern_matching() -> None:
    match Ours(1, "x"):
        case Ours(a, b):
            assert (a, b) == (1, "x")
        case _:
            pytest.fail("no match")


@frozen
class Heir(Checked):
    more: str = "m"


def test_fields_are_inherited() -> None:
    assert Heir(1).more == "m"
    assert Heir(1, "x") == Heir(a=1, more="x")
    assert Heir(1) != Checked(1)
    assert isinstance(Heir(1), Checked)
    with pytest.raises(ValueError, match="negative"):
        Heir(-1)
