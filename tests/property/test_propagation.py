"""The propagation ledger against a model of it: states only move as the table says, the cache never lies, everyone is recalled."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation import answers, audit, generations, recalls, releases, texts
from probatum.ledger.propagation.answers import Key
from probatum.ledger.propagation.chain import START
from probatum.ledger.propagation.database import FILE, Database
from probatum.ledger.propagation.states import CERTIFIED, FOLLOWS
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import RECALLED, Channel, Generation, Release, Settlement, State

EPOCH = Digest.of(b"epoch")
REQUESTS = [Digest.of(b"one"), Digest.of(b"two")]
TEXTS = [Text.of("The tower is 33 metres tall."), Text.of("Hello!")]
STATEMENTS = [Digest.of(b"a"), Digest.of(b"b"), Digest.of(b"c")]
SETTLED = sorted(set(State) - {State.GENERATING, State.PROVISIONAL, State.INCOMPLETE})


@cache
def made() -> bytes:
    """A file with the tables and nothing in them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        Database(f"sqlite:///{path}").close()
        return path.read_bytes()


class Ledger(RuleBasedStateMachine):
    """Every rule does one thing to the ledger and to the model, or sees it refused by both."""

    begun = Bundle("begun")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="probatum-property-"))
        (self.folder / FILE).write_bytes(made())
        self.database = Database(f"sqlite:///{self.folder / FILE}", sync=False)
        self.head = START
        self.now = 0
        self.states: dict[str, State] = {}
        self.requests: dict[str, Digest] = {}
        self.records: dict[str, Digest] = {}
        self.certificates: dict[str, Digest] = {}
        self.revoked: set[Digest] = set()
        self.receivers: dict[str, set[str]] = {}
        self.told_in_part: dict[str, set[str]] = {}  # of partially certified texts, by generation
        self.cached: dict[Digest, str] = {}

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def tick(self) -> int:
        self.now += 1
        return self.now

    @rule(target=begun, request=st.sampled_from(REQUESTS))
    def begin(self, request: Digest) -> str:
        one = Generation(f"gen_{len(self.states):032x}", "acme", request, "m", self.tick())
        with self.database.write() as unit:
            sibling = generations.begin(unit, one)
        assert sibling == 1 + list(self.requests.values()).count(request)
        self.states[one.id], self.requests[one.id], self.receivers[one.id] = State.GENERATING, request, set()
        return one.id

    @rule(one=begun, text=st.sampled_from(TEXTS), complete=st.booleans())
    def finish(self, one: str, text: Text, complete: bool) -> None:
        after = State.PROVISIONAL if complete else State.INCOMPLETE
        allowed = after in FOLLOWS[self.states[one]]
        try:
            with self.database.write() as unit:
                generations.finish(unit, one, text, complete=complete, at=self.tick())
            assert allowed
            self.states[one] = after
        except LedgerError:
            assert not allowed

    @rule(one=begun, state=st.sampled_from(SETTLED), statement=st.sampled_from(STATEMENTS), against=st.integers(0, 2))
    def settle(self, one: str, state: State, statement: Digest, against: int) -> None:
        record_hash = statement if state in CERTIFIED else None
        cert_hash = statement if state is State.CERTIFIED else None
        settlement = Settlement(state, record_hash, cert_hash, self.tick(), against)
        same = self.states[one] is state and record_hash in (None, self.records.get(one))
        allowed = same or (state in FOLLOWS[self.states[one]] and record_hash not in self.revoked)
        try:
            with self.database.write() as unit:
                generations.settle(unit, one, settlement)
            assert allowed
            if state is State.PARTIALLY_CERTIFIED and not same:
                self.told_in_part[one] = set(self.receivers[one]) if against else set()
            self._settled(one, settlement)
        except LedgerError:
            assert not allowed

    def _settled(self, one: str, settlement: Settlement) -> None:
        self.states[one] = settlement.state
        if settlement.record_hash is not None:
            self.records[one] = settlement.record_hash
        if settlement.cert_hash is not None:
            self.certificates[one] = settlement.cert_hash
        if settlement.state is not State.CERTIFIED:
            self.cached = {request: held for request, held in self.cached.items() if held != one}

    @rule(one=begun, receiver=st.sampled_from(["alice", "bob"]))
    def release(self, one: str, receiver: str) -> None:
        state = self.states[one]
        cert_hash = self.certificates[one] if state is State.CERTIFIED else None
        with self.database.write() as unit:
            releases.record(unit, Release(one, Channel.STREAM, receiver, state, cert_hash, self.tick()))
        self.receivers[one].add(receiver)

    @rule(one=begun)
    def keep(self, one: str) -> None:
        allowed = self.states[one] is State.CERTIFIED
        try:
            with self.database.write() as unit:
                answers.keep(unit, Key("acme", self.requests[one], EPOCH), one, one.encode(), self.tick())
            assert allowed
            self.cached.setdefault(self.requests[one], one)
        except LedgerError:
            assert not allowed

    @rule(statement=st.sampled_from(STATEMENTS))
    def revoke(self, statement: Digest) -> None:
        held = [
            one
            for one, state in self.states.items()
            if self.certificates.get(one) == statement
            or (state is State.PARTIALLY_CERTIFIED and self.records.get(one) == statement)
        ]
        allowed = bool(held) and statement not in self.revoked
        try:
            with self.database.write() as unit:
                found = generations.revoke(unit, statement, "wrong", self.tick())
            assert allowed
        except LedgerError:
            assert not allowed
            return
        assert set(found) == {one for one in held if self.states[one] in CERTIFIED}
        self.revoked.add(statement)
        for one in found:
            self._settled(one, Settlement(State.REVOKED, None, None, self.now))

    @rule()
    def reopen(self) -> None:
        self.database.close()
        self.database = Database(f"sqlite:///{self.folder / FILE}", sync=False)

    @invariant()
    def the_cache_never_lies(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.read() as connection:
            for request in REQUESTS:
                found = answers.find(connection, Key("acme", request, EPOCH))
                assert (found and found.generation) == self.cached.get(request)
                if found is not None:
                    assert self.states[found.generation] is State.CERTIFIED
                    assert found.settlement.cert_hash == self.certificates[found.generation]
                    assert found.response == found.generation.encode()

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.read() as connection:
            self.head = audit.check(connection, self.head)
            told = recalls.of(connection, self.states)
            for one, state in self.states.items():
                found = generations.find(connection, one)
                assert found is not None
                assert found.state is state
                assert (texts.certified_text(connection, one) is not None) == (state is State.CERTIFIED)
                in_part = {recall.receiver for recall in told.get(one, ()) if recall.state is State.PARTIALLY_CERTIFIED}
                assert in_part == self.told_in_part.get(one, set())
                if state in RECALLED:
                    assert {recall.receiver for recall in told.get(one, ()) if recall.state is state} == self.receivers[one]


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
