"""``probatum bench judgement``: what the validators and their committee know, on any labelled file."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from probatum.cli.exits import Exit
from probatum.cli.files import write_whole
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import default_policy, member_of, open_renewed
from probatum.coordinator.seats import load_seat
from probatum.coordinator.settings import Seat, parse_seat
from probatum.errors import InputError
from probatum.measuring.answers import Answers, ask_alone
from probatum.measuring.expectation import read_record
from probatum.measuring.page import curves, page
from probatum.measuring.report import Committee, Measured, measure
from probatum.measuring.rows import Row, read_rows
from probatum.signing.keys import PrivateKey


def run(arguments: Namespace) -> Exit:
    """Measure the embedded network's validators, and those added, one after the other."""
    rows = read_rows(arguments.data, limit=arguments.limit)
    out = _checked(arguments.out)
    seats, committee = _committee(arguments.network or default_folder(), [parse_seat(text) for text in arguments.extra])
    groups = dict(_group(text) for text in arguments.group)
    Measured(arguments.data.name, rows, {}, committee, groups).sets()  # what is wrong with a group is said before the work
    result = measure(Measured(arguments.data.name, rows, _ask_all(seats, rows), committee, groups))
    if out is not None:
        write_whole(out.with_suffix(".svg"), curves(result).encode())
        write_whole(out, page(result, out.with_suffix(".svg").name).encode())
    if arguments.json:
        print(json.dumps(result, indent=1))
    elif (console := Console()).is_terminal:
        console.print(Markdown(page(result)))
    else:
        print(page(result), end="")
    return Exit.OK


def _checked(out: Path | None) -> Path | None:
    if out is not None and (out.suffix != ".md" or not out.absolute().parent.is_dir()):
        raise InputError(f"cannot write the report to {out}; expected a name that ends in .md, in a folder that exists")
    return out


def _group(text: str) -> tuple[str, list[str]]:
    name, equals, sets = text.partition("=")
    if not name or not equals or not all(sets.split(",")):
        raise InputError(f"cannot read the group {text!r:.120}; expected NAME=SET,SET,...")
    return name, sets.split(",")


def _committee(folder: Path, extra: Sequence[Seat]) -> tuple[tuple[Seat, ...], Committee]:
    """The network's validators and, with keys of the moment, those that are only measured, under the rule such a network has."""
    with open_renewed(folder) as network:
        name, members, policy = network.epoch.network, network.epoch.members, network.epoch.policy
        seats = (*network.settings.seats, *extra)
    if len({seat.id for seat in seats}) != len(seats):
        raise InputError("one validator id stands twice; give the validators that you add other ids")
    added = tuple(member_of(name, seat, PrivateKey.generate()) for seat in extra)
    families = default_policy(seats).min_families if extra else policy.min_families
    return seats, Committee((*members, *added), families, read_record().score_threshold)


def _ask_all(seats: Sequence[Seat], rows: Sequence[Row]) -> dict[str, Answers]:
    console, questions = Console(stderr=True), [row.question for row in rows]
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    answers: dict[str, Answers] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for seat in reversed(seats):  # those that were added first: they are the ones that may be missing
            task = progress.add_task(seat.id, total=len(rows))

            def tick(done: int, task: object = task) -> None:
                progress.update(task, completed=done)  # type: ignore[arg-type]

            answers[seat.id] = ask_alone(partial(load_seat, seat), questions, tick)
    return {seat.id: answers[seat.id] for seat in seats}
