"""Frozen value classes with slots.

``@frozen`` does what ``dataclasses.dataclass(frozen=True, slots=True)`` does for the classes of this package, in about a
tenth of the time: whoever only wants to check a certificate should not wait for forty classes to be compiled (docs/adr/0011).
``dataclasses.replace`` and ``dataclasses.fields`` work on the result.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field

T = TypeVar("T")
_MISSING: Final = object()


class _Spec:
    """What :func:`field` says of one field."""

    __slots__ = ("compare", "default", "factory", "init", "repr")

    def __init__(self, default: object, factory: object, init: bool, repr: bool, compare: bool) -> None:
        self.default, self.factory, self.init, self.repr, self.compare = default, factory, init, repr, compare


def field(
    *, default: Any = _MISSING, default_factory: Any = _MISSING, init: bool = True, repr: bool = True, compare: bool = True
) -> Any:
    """A field that differs from the rest; as ``dataclasses.field``. Without ``init`` and a default the field stays unset."""
    return _Spec(default, default_factory, init, repr, compare)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen class with slots: ``__init__``, ``__eq__``, ``__hash__``, ``__repr__`` and ``__match_args__``."""
    annotations: dict[str, Any] = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 - inspect would cost what this saves
    own = {name: _spec(cls, name) for name, annotation in annotations.items() if "ClassVar" not in str(annotation)}
    inherited = {name: spec for base in reversed(cls.__mro__) for name, spec in base.__dict__.get("__frozen_specs__", {}).items()}
    specs = {**inherited, **own}
    members = {name: item for name, item in cls.__dict__.items() if name not in own and name not in ("__dict__", "__weakref__")}
    members["__slots__"] = tuple(own)
    members["__match_args__"] = tuple(name for name, spec in specs.items() if spec.init)
    members["__setattr__"] = members["__delattr__"] = _refuse
    members["__frozen_specs__"] = specs
    members["__dataclass_fields__"] = _LazyFields()
    compared = [name for name, spec in specs.items() if spec.compare]
    members.setdefault("__eq__", _eq(compared))
    members.setdefault("__hash__", _hash(compared))
    members.setdefault("__repr__", _repr)
    members.setdefault("__getstate__", _getstate)
    members.setdefault("__setstate__", _setstate)
    kind: Any = type(cls)
    made: Any = kind(cls.__name__, cls.__bases__, members)
    made.__init__ = _init(made, specs)
    return made  # type: ignore[no-any-return]


def _spec(cls: type, name: str) -> _Spec:
    given = cls.__dict__.get(name, _MISSING)
    return given if isinstance(given, _Spec) else _Spec(given, _MISSING, True, True, True)


def _init(cls: type, specs: dict[str, _Spec]) -> Any:
    """``__init__``, compiled once: it writes through the slots, which is the one way past :func:`_refuse`."""
    scope: dict[str, Any] = {}
    parameters, lines = [], []
    for name, spec in specs.items():
        scope[f"_set_{name}"] = getattr(cls, name).__set__
        scope[f"_default_{name}"], scope[f"_make_{name}"] = spec.default, spec.factory
        made = f"_make_{name}()" if spec.factory is not _MISSING else f"_default_{name}"
        optional = spec.default is not _MISSING or spec.factory is not _MISSING
        if spec.init:
            parameters.append(
                f"{name}=_MISSING" if spec.factory is not _MISSING else f"{name}=_default_{name}" if optional else name
            )
            value = f"{made} if {name} is _MISSING else {name}" if spec.factory is not _MISSING else name
            lines.append(f" _set_{name}(self, {value})")
        elif optional:
            lines.append(f" _set_{name}(self, {made})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    scope["_MISSING"] = _MISSING
    source = f"def __init__({', '.join(['self', *parameters])}):\n" + ("\n".join(lines) or " pass")
    exec(source, scope)  # noqa: S102 - the names are those of the class's own fields
    return scope["__init__"]


def _key(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda self: ()


def _eq(names: list[str]) -> Callable[[Any, object], Any]:
    key = _key(names)
    return lambda self, other: key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(names: list[str]) -> Callable[[Any], int]:
    key = _key(names)
    return lambda self: hash((self.__class__, key(self)))


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, spec in self.__frozen_specs__.items() if spec.repr and hasattr(self, name))
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *value: object) -> NoReturn:
    raise AttributeError(f"cannot change {name!r} of a frozen {type(self).__name__}; make another one")


def _getstate(self: Any) -> dict[str, Any]:
    return {name: getattr(self, name) for name in self.__frozen_specs__ if hasattr(self, name)}


def _setstate(self: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        getattr(type(self), name).__set__(self, value)


class _LazyFields:
    """``__dataclass_fields__``, made when ``dataclasses`` first asks for it."""

    def __get__(self, instance: object, owner: Any) -> dict[str, Field[Any]]:
        import dataclasses

        named = [(name, Any, _dataclass_field(spec)) for name, spec in owner.__frozen_specs__.items()]
        made: Any = dataclasses.make_dataclass("_", named, kw_only=True)
        return made.__dataclass_fields__  # type: ignore[no-any-return]


def _dataclass_field(spec: _Spec) -> Any:
    import dataclasses

    given: dict[str, Any] = {"init": spec.init, "repr": spec.repr, "compare": spec.compare}
    if spec.factory is not _MISSING:
        given["default_factory"] = spec.factory
    elif spec.default is not _MISSING:
        given["default"] = spec.default
    return dataclasses.field(**given)


def replace(one: T, **changes: Any) -> T:
    """Another ``one`` with these fields changed; as ``dataclasses.replace``, without its checks of what is not ours."""
    specs: dict[str, _Spec] = one.__frozen_specs__  # type: ignore[attr-defined]
    return type(one)(
        **{name: changes.pop(name) if name in changes else getattr(one, name) for name, spec in specs.items() if spec.init},
        **changes,
    )
