"""Certified text: made by verification alone, and never anything else afterwards."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial

import pytest

from probatum.consensus.outcome import Status
from probatum.consensus.verdict import Verdict
from probatum.errors import GateDenied
from probatum.gate import Certified, GatePolicy, Provisional, require
from probatum.testing.committee import committee, scripted_request

HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 2)
TEXT = REQUEST.output.decode()
BUNDLE = HERE.bundle(REQUEST, HERE.run(REQUEST, [Verdict.SUPPORTED] * 2)).encode()


def certified() -> Certified[str]:
    return require(TEXT, BUNDLE, GatePolicy(), HERE.trust)


def test_require() -> None:
    text = certified()
    assert (text.value, text.network, text.epoch) == (TEXT, "testnet", 0)
    assert str(text.cert_hash).startswith("sha256:")
    assert require(TEXT.encode(), BUNDLE, GatePolicy(), HERE.trust).value == TEXT.encode()


def test_denied_with_every_reason() -> None:
    with pytest.raises(GateDenied, match=r"\[no-certificate\]"):
        require(TEXT, None, GatePolicy(), HERE.trust)
    with pytest.raises(GateDenied, match=r"\[wrong-text\].*\[coverage\]"):
        require("x", BUNDLE, GatePolicy(min_coverage=10_000), HERE.trust)


def set_value() -> None:
    certified().value = "x"


def delete_value() -> None:
    del certified().value


def invent_attribute() -> None:
    certified().note = "x"  # type: ignore[attr-defined]


def subclass() -> None:
    type("Mine", (Certified,), {})


def replace() -> None:
    replace(certified(), value="x")  # type: ignore[type-var]


def pickled(protocol: int) -> None:
    pickle.dumps(certified(), protocol)


FORBIDDEN: dict[str, Callable[[], object]] = {
    "construct": Certified,
    "construct-with-a-value": lambda: Certified("x"),  # type: ignore[call-arg]
    "set": set_value,
    "delete": delete_value,
    "invent-an-attribute": invent_attribute,
    "subclass": subclass,
    "replace": replace,
    "copy": lambda: copy.copy(certified()),
    "deepcopy": lambda: copy.deepcopy(certified()),
    **{f"pickle-{protocol}": partial(pickled, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden(name: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        FORBIDDEN[name]()


def test_an_empty_shell_holds_nothing() -> None:
    """``__new__`` without verification gives an object without a text, which fails wherever it is used."""
    shell = Certified.__new__(Certified)
    with pytest.raises(AttributeError):
        _ = shell.value


def test_certified_text_is_not_text() -> None:
    assert not isinstance(certified(), str)
    assert f"{certified()}".startswith("Certified(")


def test_provisional_says_so_wherever_it_is_shown() -> None:
    text = Provisional(TEXT, Status.EXPIRED)
    assert str(text).startswith("[provisional]")
    assert f"{text}".startswith("[provisional]")
    assert text.provisional_value == TEXT
    assert not hasattr(text, "value")


def test_provisional_becomes_certified_by_verification_alone() -> None:
    assert Provisional(TEXT).certify(BUNDLE, GatePolicy(), HERE.trust).value == TEXT
    with pytest.raises(GateDenied):
        Provisional("x").certify(BUNDLE, GatePolicy(), HERE.trust)
