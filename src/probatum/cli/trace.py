"""``probatum trace``: which version went out first, to whom, in which state."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from probatum.cli.exits import Exit
from probatum.cli.files import read_input
from probatum.cli.ledger import open_ledger
from probatum.cli.text import one_line
from probatum.errors import OutputRefused
from probatum.ledger.propagation.audit import check
from probatum.ledger.propagation.likeness import Likeness
from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.propagation.search import ClaimMatch, Kind, Sought
from probatum.ledger.propagation.trace import MatchKind, Trace, Version, trace
from probatum.ledger.propagation.trace_json import to_json
from probatum.ledger.records import Release

MAX_TEXT: Final = 1 << 20  # bytes; no larger text is certified
_WHY: Final = {
    MatchKind.NAMED: "the one you named",
    MatchKind.EXACT: "exactly this text",
    MatchKind.NEAR: "nearly this text",
    MatchKind.SIBLING: "another answer to the same request",
}


def run(arguments: Namespace) -> Exit:
    """Print the versions in the order in which they first went out."""
    sought = _sought(arguments.what)
    with open_ledger(arguments) as database, database.read() as connection:
        if arguments.check:
            head = check(connection)
            print(f"journal intact: {head.seq} entries, head {head.hash}", file=sys.stderr)
        found = trace(connection, sought, tenant=None, now=time.time_ns() // 1_000_000)
    print(json.dumps(to_json(found), indent=1, ensure_ascii=False) if arguments.json else "\n".join(lines(found)))
    return Exit.OK


def _sought(what: str) -> Sought:
    """An id or a hash; else what a file of that name holds; else the words themselves are the text."""
    given = Sought.read(what)
    if what == "-" or (given.kind is Kind.TEXT and os.path.isfile(what)):
        return Sought(Kind.TEXT, _read(what))
    return given


def _read(name: str) -> str:
    data = read_input(name, MAX_TEXT)
    if len(data) > MAX_TEXT:
        raise OutputRefused(f"{name} is larger than {MAX_TEXT} bytes; trace a part of it")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise OutputRefused(f"{name} is not UTF-8 at byte {error.start}; trace takes text") from None


def lines(found: Trace) -> Iterator[str]:
    """The trace for a person."""
    if not found.versions:
        yield "no generation matches"
        return
    yield _summary(found)
    for number, version in enumerate(found.versions, start=1):
        yield ""
        yield from _version(number, version)
    if found.more:
        yield f"\n... and {found.more} more"


def _summary(found: Trace) -> str:
    count = f"{len(found.versions)} version{'s' if len(found.versions) > 1 else ''}"
    if found.first is None:
        return f"{count}; none of them ever went out"
    release = found.first.releases[0].release
    return f"{count}; the first to go out was {found.first.standing.generation.id}: {_release(release)}"


def _version(number: int, one: Version) -> Iterator[str]:
    standing, generation = one.standing, one.standing.generation
    yield f"{number}. {generation.id}  {standing.state}  ({_why(one)})"
    model = f", by {one_line(generation.model, 60)}" if generation.model else ""
    yield f"   answer {standing.sibling} to request {generation.request.hex()[:12]}{model}"
    if standing.certified_at is not None:
        yield f"   certificate {standing.cert_hash} at {_time(standing.certified_at)}"
    elif standing.record_hash is not None and standing.settled_at is not None:
        yield f"   record {standing.record_hash} at {_time(standing.settled_at)}, no certificate of the whole text"
    for recorded in one.releases:
        yield f"   out  {_release(recorded.release)}"
    yield f"   {_exposure(one)}"
    for recall in one.recalls:
        yield f"   recall  {_recall(recall)}"
    for claim in one.claims:
        yield from _claim(claim)


def _why(one: Version) -> str:
    if one.match is not MatchKind.NEAR:
        return _WHY[one.match]
    different = f", {one.different} of {len(one.claims)} claims different" if one.different else ""
    return f"{_WHY[one.match]}, {one.score} of 100{different}"


def _release(release: Release) -> str:
    return f"{_time(release.at)}  {release.channel} to {one_line(release.receiver, 60)}, {release.state}"


def _exposure(one: Version) -> str:
    if not one.releases:
        return "never went out"
    if one.standing.certified_at is not None:
        until = "before its certificate"
    else:
        until = "until it was recalled" if one.recalls else "up to now, without a certificate"
    return f"exposed {one.exposure_ms / 1000:.3f} s {until}"


def _recall(one: Recall) -> str:
    done = "not acknowledged" if one.acknowledged_at is None else f"acknowledged {_time(one.acknowledged_at)}"
    return f"{one_line(one.receiver, 60)} because {one.state}, due {_time(one.due_at)}, {one.attempts} attempts, {done}"


def _claim(one: ClaimMatch) -> Iterator[str]:
    found = one.comparison
    if found.likeness is Likeness.SAME:
        yield f"   same claim       “{one_line(one.claim, 200)}”"
        return
    what = "ANOTHER CLAIM" if found.likeness is Likeness.DIFFERENT else "alike"
    why = f"  (another {', another '.join(found.differs)})" if found.differs else ""
    yield f"   {what:<16} “{one_line(one.other, 200)}”{why}"
    yield f"     yours          “{one_line(one.claim, 200)}”"


def _time(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms since 1970"
