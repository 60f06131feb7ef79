"""Frozen values: a class lists its fields, and an object of it never changes.

    class Span(Value, frozen=True):
        start: int
        end: int

        @lazy                       # needs dict=True
        def size(self) -> int: ...

``msgspec.Struct`` gives constructor, comparison, hash, ``repr`` and ``match`` in C: classes cost next to nothing at import, and
objects little (docs/adr/0015). A ``__post_init__`` that raises refuses the object, in :func:`replace` too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from msgspec import Struct

if TYPE_CHECKING:
    from typing import Self, overload

T = TypeVar("T")
V = TypeVar("V")


class Value(Struct, frozen=True):
    """A frozen object. Subclasses say ``frozen=True`` themselves, for type checkers."""


class lazy(Generic[T]):  # noqa: N801 - it is used as a decorator
    """An attribute made from the fields when it is first asked for, and kept; of a class declared with ``dict=True``.

    It takes no part in comparing, and an object made by :func:`replace` makes its own.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make, self._name, self.__doc__ = make, make.__name__, make.__doc__

    if TYPE_CHECKING:

        @overload
        def __get__(self, one: None, owner: object) -> Self: ...
        @overload
        def __get__(self, one: object, owner: object) -> T: ...

    def __get__(self, one: Any, owner: object) -> Self | T:
        if one is None:
            return self
        made = one.__dict__[self._name] = self._make(one)
        return made


def known(one: V, **attributes: object) -> V:
    """``one``, with lazily made attributes whose values its maker knows already."""
    one.__dict__.update(attributes)
    return one


def replace(one: V, **changes: Any) -> V:
    """Another ``one`` with these fields changed; for dataclasses too, as ``copy.replace`` of Python 3.13."""
    if isinstance(one, Struct):
        return cast("V", one.__replace__(**changes))
    import dataclasses

    return dataclasses.replace(one, **changes)  # type: ignore[type-var]
