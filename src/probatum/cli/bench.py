"""``probatum bench judgement``: what the validators and their committee know, on any labelled file."""

from __future__ import annotations

import json
from argparse import Namespace

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from probatum.cli.exits import Exit
from probatum.cli.verify import renewed
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import Network
from probatum.coordinator.seats import load_seat
from probatum.measuring.judgement import Answers, ask
from probatum.measuring.report import markdown, measure
from probatum.measuring.rows import Row, read_rows


def run(arguments: Namespace) -> Exit:
    """Measure the embedded network's validators, one after the other."""
    rows = read_rows(arguments.data, limit=arguments.limit)
    with renewed(arguments.network or default_folder()) as network:
        answers = _ask_all(network, rows)
        result = measure(arguments.data.name, rows, answers, network.epoch.members, network.epoch.policy.min_families)
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        Console().print(Markdown(markdown(result)))
    return Exit.OK


def _ask_all(network: Network, rows: tuple[Row, ...]) -> dict[str, Answers]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    answers: dict[str, Answers] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for seat in network.settings.seats:
            task = progress.add_task(seat.id, total=len(rows))
            answers[seat.id] = ask(load_seat(seat), rows, lambda done, task=task: progress.update(task, completed=done))  # type: ignore[misc]
    return answers
