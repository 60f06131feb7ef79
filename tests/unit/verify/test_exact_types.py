"""Readers take every value by its exact type: whatever else stands in its place, they must refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest

from probatum.consensus.ballot import verify_ballot
from probatum.consensus.epoch import Epoch
from probatum.consensus.outcome import Outcome
from probatum.errors import ProbatumError
from probatum.signing.dsse import sign
from probatum.verify.bundle import decode_bundle
from tests.unit.verify.attacked import GOOD, HERE, REQUEST

Path = tuple[str | int, ...]


def ballot(payload: bytes) -> object:
    """A ballot as its round reads it, properly signed."""
    return verify_ballot(sign(payload, [HERE.keys["v0"]]), REQUEST.opening, HERE.epoch, REQUEST.assigned(HERE.epoch))


READERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "bundle": (GOOD.encode(), decode_bundle),
    "epoch": (GOOD.epochs[0].payload, Epoch.decode),
    "statement": (GOOD.statement.payload, Outcome.decode),
    "ballot": (GOOD.ballots[0].payload, ballot),
}


def nest() -> list[Any]:
    """A nest deeper than canonical payloads may be."""
    made: list[Any] = []
    for _ in range(40):
        made = [made]
    return made


WRONG: dict[str, Callable[[Any], Any]] = {
    "float": lambda value: float(value) if type(value) is int else 1.5,
    "nest": lambda _: nest(),
    "truth": lambda value: value == 1 if type(value) is int else value if type(value) is bool else True,
    "key-beyond-ascii": lambda value: {**value, "é": 1} if type(value) is dict else {"é": 1},
}


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in ``value``."""
    if here:
        yield here
    items = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
    for key, item in items:
        yield from paths(item, (*here, key))


def changed(value: Any, path: Path, change: Callable[[Any], Any]) -> bytes:
    """``value`` with one place changed, written as orjson writes it."""
    made = deepcopy(value)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])
    return orjson.dumps(made, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", READERS)
def test_no_other_type_passes(name: str, wrong: str) -> None:
    data, read = READERS[name]
    value = orjson.loads(data)
    read(data)
    for path in paths(value):
        made = changed(value, path, WRONG[wrong])
        if made != data:
            with pytest.raises(ProbatumError):
                read(made)
