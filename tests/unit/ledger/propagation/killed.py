"""A process that writes in groups, says what was acknowledged, and kills itself at its n-th statement: ``URL N FIRST``."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from itertools import count

from sqlalchemy import event

from probatum.ledger.propagation import generations, releases
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.writer import Writer
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import ANSWER, generation, id_of, release, settlement

RELEASES = 8
TEXT = Text.of(ANSWER)


def main(url: str, nth: int, first: int) -> None:
    database = Database(url)
    statements = count(1)

    @event.listens_for(database.engine, "before_cursor_execute")
    def maybe_die(*_: object) -> None:
        if next(statements) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    with Writer(database) as writer:
        for number in count(first):
            waiting = {
                "begun": writer.submit(partial(generations.begin, generation=generation(number, request=str(number)))),
                "finished": writer.submit(
                    partial(generations.finish, generation=id_of(number), text=TEXT, complete=True, at=10),
                ),
            }
            for receiver in map(str, range(RELEASES)):
                waiting[receiver] = writer.submit(partial(releases.record, release=release(number, receiver)))
            rejected = settlement(State.REJECTED)
            waiting["settled"] = writer.submit(partial(generations.settle, generation=id_of(number), settlement=rejected))
            for what, one in waiting.items():
                one.result()
                os.write(1, f"{number} {what}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
