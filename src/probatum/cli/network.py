"""``probatum network init|show``."""

from __future__ import annotations

import json
from argparse import Namespace

from rich.console import Console
from rich.table import Table

from probatum.cli.exits import Exit
from probatum.cli.worth import rule_lines
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import Network, default_policy, default_seats, init, open_network
from probatum.coordinator.settings import parse_endpoint, parse_seat
from probatum.encoding.canonical import Json
from probatum.frozen import replace
from probatum.tlog.note import NoteKey


def run(arguments: Namespace) -> Exit:
    """Make a network, or show one."""
    folder = arguments.network or default_folder()
    if arguments.action == "init":
        seats = (*default_seats(), *(parse_seat(text) for text in arguments.validator))
        decomposer = parse_endpoint(arguments.decomposer) if arguments.decomposer else None
        policy = replace(default_policy(seats), commit=arguments.commit)
        with init(folder, seats=seats, decomposer=decomposer, policy=policy) as network:
            _show(network)
    else:
        with open_network(folder) as network:
            if arguments.json:
                print(json.dumps(_json(network), indent=1))
            else:
                _show(network)
    return Exit.OK


def _json(network: Network) -> Json:
    epoch, head = network.epoch, network.ledger.head()
    return {
        "epoch": {
            "calibration": None if epoch.calibration is None else epoch.calibration.form.to_json(),
            "digest": str(epoch.digest),
            "number": epoch.number,
            "policy": epoch.policy.form.to_json(),
            "stake": epoch.stake,
        },
        "folder": str(network.folder),
        "genesis": str(network.genesis),
        "log": {
            "origin": epoch.log.origin,
            "root": str(head.root),
            "size": head.size,
            "vkey": NoteKey(epoch.log.origin, epoch.log.key).vkey,
        },
        "network": epoch.network,
        "validators": [member.to_json() for member in epoch.members],
    }


def _show(network: Network) -> None:
    epoch, head, console = network.epoch, network.ledger.head(), Console(highlight=False)
    console.print(f"[bold]{epoch.network}[/bold]  epoch {epoch.number}  in {network.folder}", soft_wrap=True)
    table = Table("validator", "stake", "family", "weights", "key", box=None, pad_edge=False)
    for member in epoch.members:
        model = member.model
        row = (
            member.id,
            str(member.stake),
            model.family,
            model.weights.hex()[:12],
            str(member.key)[:12],
        )
        table.add_row(*row)
    console.print(table)
    for member in epoch.members:
        about = f"{member.id}: {member.model.architecture}; trained on {', '.join(member.model.training)}"
        console.print(about, soft_wrap=True, markup=False)
    for line in rule_lines(epoch):
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"log: {epoch.log.origin}, {head.size} leaves, root {head.root}", soft_wrap=True)
    console.print(f"trust anchor: {network.folder / 'trust.json'} (genesis {network.genesis})", soft_wrap=True)
