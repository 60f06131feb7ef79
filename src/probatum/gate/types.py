"""Types that keep provisional and certified text apart: a function that takes ``Certified[str]`` cannot be handed a ``str``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NoReturn, TypeVar, final

from probatum.consensus.outcome import Status
from probatum.encoding.digest import Digest
from probatum.errors import GateDenied
from probatum.frozen import Value
from probatum.gate.decision import Allowed, Denied, GatePolicy, decide
from probatum.verify.trust import Trust

T = TypeVar("T", str, bytes)


@final
class Certified(Generic[T]):
    """Text that a certificate was verified for. Only :func:`require` makes one; it never changes afterwards."""

    __slots__ = ("_cert_hash", "_epoch", "_network", "_value")

    _value: T
    _cert_hash: Digest
    _network: str
    _epoch: int

    @property
    def value(self) -> T:
        """The text."""
        return self._value

    @property
    def cert_hash(self) -> Digest:
        """The hash of the certificate that certifies it."""
        return self._cert_hash

    @property
    def network(self) -> str:
        """The network that certified it."""
        return self._network

    @property
    def epoch(self) -> int:
        """The number of the epoch that certified it."""
        return self._epoch

    def __init__(self) -> None:
        raise TypeError("Certified is made by probatum.gate.require, which verifies; it cannot be constructed")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Certified cannot be subclassed: a subclass could say that it was verified")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("Certified text does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("Certified text does not change")

    def __reduce__(self) -> NoReturn:
        raise TypeError("Certified text cannot be pickled or copied: send the bundle and verify it again where it arrives")

    def __repr__(self) -> str:
        return f"Certified({self.value!r}, {self.cert_hash})"


@final
class Provisional(Value, Generic[T], frozen=True):
    """Text that nobody has certified. ``status`` says how far its check has come, ``None`` while it runs.

    The text comes out only by a name that says what it is.
    """

    _value: T
    status: Status | None = None

    @property
    def provisional_value(self) -> T:
        """The text, not certified: mark it as provisional wherever it is shown."""
        return self._value

    def certify(
        self,
        bundle: bytes | None,
        policy: GatePolicy,
        trust: Trust | None,
        *,
        now: int | None = None,
        revocations: Sequence[bytes] = (),
    ) -> Certified[T]:
        """The same text as certified; raises GateDenied, see :func:`require`."""
        return require(self._value, bundle, policy, trust, now=now, revocations=revocations)

    def __str__(self) -> str:
        return f"[provisional] {self._value!r}"


def require(
    text: T,
    bundle: bytes | None,
    policy: GatePolicy,
    trust: Trust | None,
    *,
    now: int | None = None,
    revocations: Sequence[bytes] = (),
) -> Certified[T]:
    """``text`` as certified text, or an exception that says why not. Arguments as for :func:`probatum.gate.decide`.

    Raises:
        GateDenied: with every reason.
    """
    decision = decide(text, bundle, policy, trust, now=now, revocations=revocations)
    if isinstance(decision, Denied):
        raise GateDenied(str(decision))
    return _certified(text, decision)


def _certified(text: T, allowed: Allowed) -> Certified[T]:
    made: Certified[T] = object.__new__(Certified)
    for name, value in (("value", text), ("cert_hash", allowed.cert_hash), ("network", allowed.network), ("epoch", allowed.epoch)):
        object.__setattr__(made, f"_{name}", value)
    return made
