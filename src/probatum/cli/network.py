"""``probatum network init|show``."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from probatum.cli.exits import Exit
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import Network, default_policy, default_seats, init, open_network
from probatum.coordinator.settings import Seat, parse_endpoint
from probatum.encoding.canonical import Json
from probatum.tlog.note import NoteKey


def run(arguments: Namespace) -> Exit:
    """Make a network, or show one."""
    folder = arguments.network or default_folder()
    if arguments.action == "init":
        endpoints = [parse_endpoint(text) for text in arguments.validator]
        decomposer = parse_endpoint(arguments.decomposer)[1] if arguments.decomposer else None
        seats = (*default_seats(), *(Seat(name, endpoint) for name, endpoint in endpoints))
        policy = replace(default_policy(seats), commit=arguments.commit)
        with init(folder, endpoints=endpoints, decomposer=decomposer, policy=policy) as network:
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
        "epoch": {"digest": str(epoch.digest), "number": epoch.number, "policy": epoch.policy.to_json(), "stake": epoch.stake},
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
    table = Table("validator", "stake", "family", "architecture", "trained on", "weights", "key", box=None, pad_edge=False)
    for member in epoch.members:
        model = member.model
        row = (
            member.id,
            str(member.stake),
            model.family,
            model.architecture,
            ", ".join(model.training),
            model.weights.hex()[:12],
            str(member.key)[:12],
        )
        table.add_row(*row)
    console.print(table)
    policy = epoch.policy
    console.print(
        f"rule: more than 2/3 of the stake and at least {policy.min_families} model families; "
        f"ballots {'committed first' if policy.commit else 'sent openly'}",
        soft_wrap=True,
    )
    console.print(f"log: {epoch.log.origin}, {head.size} leaves, root {head.root}", soft_wrap=True)
    console.print(f"trust anchor: {network.folder / 'trust.json'} (genesis {network.genesis})", soft_wrap=True)
