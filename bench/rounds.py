"""Whole rounds of the embedded network against the Ed25519 work that such a round must do.

The round is the coordinator's own: keep the request in the SQLite ledger, let every validator check request, split and evidence and
vote, count the ballots, let everyone recheck and sign the outcome, log and bundle it. Only the models are scripted. The limit:
n ballots signed and verified by the coordinator, all n rechecked by each of n validators, n outcome signatures made and
verified, one checkpoint signed, on the messages of one such round.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nacl import bindings

from bench.timing import Compared, compare
from probatum.consensus.request import Request
from probatum.coordinator.certify import SYSTEM_CLOCKS
from probatum.coordinator.network import Network
from probatum.coordinator.rounds import run_round
from probatum.signing.dsse import Envelope
from probatum.signing.keys import PrivateKey
from probatum.testing.committee import Committee, ScriptedValidator, committee, scripted_request
from probatum.testing.embedded import embedded
from probatum.verify.bundle import Bundle, decode_bundle


@contextmanager
def network(made: Committee, *, sync: bool) -> Iterator[Network]:
    """An embedded network of scripted validators in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="probatum-bench-") as name, embedded(made, Path(name), sync=sync) as one:
        yield one


def rounds(one: Network, requests: Iterator[Request]) -> Callable[[], bytes]:
    """A function that runs the next round and gives its bundle."""
    validators = {m.id: ScriptedValidator(m.model) for m in one.epoch.members}

    def run() -> bytes:
        request = next(requests)
        one.ledger.open_round(request.opening.round_id, request.opening.round_id, SYSTEM_CLOCKS.now(), request.encode())
        bundle = run_round(one, request, validators.__getitem__, SYSTEM_CLOCKS, lambda _: None)
        if bundle is None:
            raise AssertionError("the round expired")
        return bundle

    return run


def signature_limit(made: Committee, bundle: Bundle) -> Callable[[], None]:
    """The Ed25519 work of one round, on the messages of ``bundle``."""
    keys = {key.public.id: key for key in made.keys.values()}
    ballots = [_signed(envelope, keys) for envelope in bundle.ballots]
    outcome = [(bundle.statement.signed_bytes, key) for key in made.keys.values()]
    checkpoint = bundle.log.checkpoint.partition("\n\n")[0].encode()
    size = len(made.keys)

    def sign(message: bytes, key: PrivateKey) -> bytes:
        return key.sign(message) + message

    def run() -> None:
        for message, key in ballots:
            signed = sign(message, key)
            for _ in range(1 + size):  # the coordinator and every validator
                bindings.crypto_sign_open(signed, key.public)
        for message, key in outcome:
            bindings.crypto_sign_open(sign(message, key), key.public)
        sign(checkpoint, made.log_key)

    return run


def _signed(envelope: Envelope, keys: dict[str, PrivateKey]) -> tuple[bytes, PrivateKey]:
    return envelope.signed_bytes, keys[envelope.signatures[0].keyid]


class Commits:
    """Counts transactions."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, statement: str) -> None:
        self.count += statement == "COMMIT"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds without fsync against their limit, in processor time and in wall time, and with fsync in wall time."""

    cpu: Compared
    wall: Compared
    synced: float
    fsyncs: float


def measure(validators: int = 4, claims: int = 16, *, quick: bool = False) -> Rounds:
    """Rounds of ``validators`` on ``claims`` claims."""
    made = committee(validators)
    batches, repeats = (6, 5) if quick else (24, 10)
    prepared = [scripted_request(made.epoch, claims, asides=1, seed=i) for i in range(4 * (batches + 2) * repeats)]
    requests = iter(prepared)
    with network(made, sync=False) as one:
        run = rounds(one, requests)
        bundle = decode_bundle(run())
        assert isinstance(bundle, Bundle)
        limit = signature_limit(made, bundle)
        cpu = compare(limit, run, batches=batches, repeats=repeats)
        wall = compare(limit, run, batches=batches, repeats=repeats, clock=time.perf_counter)
    with network(made, sync=True) as one:
        commits = Commits()
        one.ledger.trace(commits)
        synced = compare(limit, rounds(one, requests), batches=batches, repeats=repeats, clock=time.perf_counter)
    return Rounds(cpu, wall, synced.measured, commits.count / ((batches + 1) * repeats))


if __name__ == "__main__":
    found = measure()
    print(f"processor time: {found.cpu}\nwall time: {found.wall}; with fsync {found.synced * 1e3:.3f} ms")
