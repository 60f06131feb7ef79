"""The literal bytes in ``docs/spec/propagation.md`` are what the code makes."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from probatum.encoding.digest import Digest
from probatum.ledger.propagation import chain, generations, releases
from probatum.ledger.propagation.database import FILE, Database
from probatum.ledger.propagation.schema import journal
from probatum.ledger.propagation.search import Sought
from probatum.ledger.propagation.states import FOLLOWS
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.trace import trace
from probatum.ledger.propagation.trace_json import to_json
from probatum.ledger.records import Channel, Generation, Release, Settlement, State

PAGE = Path(__file__).resolve().parents[4] / "docs/spec/propagation.md"
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.M | re.S)
NOW = 1_700_000_000_000
ID = "gen_" + "00" * 16
WIDTH = 120


def blocks() -> list[str]:
    """The page's blocks: three entries, their hashes, and a trace."""
    with tempfile.TemporaryDirectory() as folder, Database(f"sqlite:///{Path(folder) / FILE}", sync=False) as database:
        write(database)
        with database.read() as connection:
            rows = connection.execute(journal.select().order_by(journal.c.seq)).all()
            found = to_json(trace(connection, Sought.read("The tower is 33 m tall."), tenant="acme", now=NOW + 9000))
    entries = [chain.entry(row.seq, row.at, row.kind, row.body).decode() for row in rows]
    hashes = [f"entry {row.seq}  {row.hash}\n" for row in rows]
    return ["".join(map(wrap, entries)), "".join(hashes), wrap(json.dumps(found, sort_keys=True, separators=(",", ":")))]


def write(database: Database) -> None:
    record = Digest.of(b"statement")
    with database.write() as unit:
        generations.begin(unit, Generation(ID, "acme", Digest.of(b"request"), "model-1", NOW))
        generations.finish(unit, ID, Text.of("The tower is 34 m tall."), complete=True, at=NOW + 2000)
        releases.record(unit, Release(ID, Channel.STREAM, "alice", State.PROVISIONAL, None, NOW + 2001))
        generations.settle(unit, ID, Settlement(State.CERTIFIED, record, record, NOW + 5000))


def wrap(text: str) -> str:
    return "".join(f"{text[at : at + WIDTH]}\n" for at in range(0, len(text), WIDTH))


def test_the_examples_are_what_the_code_makes() -> None:
    assert BLOCK.findall(PAGE.read_text("utf-8")) == blocks()


def test_the_page_s_table_of_states_is_the_code_s() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text("utf-8"), re.M)
    told = {name: set(re.findall(r"`(\w+)`", after)) for name, after in rows if name in set(State)}
    assert told == {str(state): {str(one) for one in after} for state, after in FOLLOWS.items()}
