"""The embedded ledger's tables. A change adds a migration at the end of the list; none is ever edited.

Tables that hold payloads keep their row ids: without them SQLite would put every payload into the index and on overflow pages.
"""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final = (
    """
    CREATE TABLE epochs (
        number INTEGER PRIMARY KEY,
        envelope BLOB NOT NULL
    ) STRICT;

    CREATE TABLE locks (
        validator TEXT NOT NULL,
        network TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        round_id TEXT NOT NULL,
        step TEXT NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (validator, network, epoch, round_id, step)
    ) STRICT;

    CREATE TABLE rounds (
        round_id TEXT PRIMARY KEY,
        job TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'finished', 'expired')),
        opened_at INTEGER NOT NULL,
        request BLOB NOT NULL
    ) STRICT;
    CREATE INDEX open_rounds ON rounds (job) WHERE state = 'open';

    CREATE TABLE ballots (
        round_id TEXT NOT NULL REFERENCES rounds,
        validator TEXT NOT NULL,
        envelope BLOB NOT NULL,
        PRIMARY KEY (round_id, validator)
    ) STRICT;

    CREATE TABLE statements (
        hash BLOB PRIMARY KEY,
        round_id TEXT NOT NULL UNIQUE REFERENCES rounds,
        output BLOB NOT NULL,
        bundle BLOB NOT NULL
    ) STRICT;
    CREATE INDEX statements_by_output ON statements (output);

    CREATE TABLE leaves (
        leaf INTEGER PRIMARY KEY,
        entry BLOB NOT NULL
    ) STRICT;

    CREATE TABLE nodes (
        level INTEGER NOT NULL,
        node INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (level, node)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoints (
        size INTEGER PRIMARY KEY,
        note BLOB NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE revocations (
        certificate BLOB PRIMARY KEY,
        file BLOB NOT NULL
    ) STRICT;
    """,
)
