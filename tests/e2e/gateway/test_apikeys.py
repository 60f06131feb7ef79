"""``probatum apikeys`` and ``probatum serve`` from the command line, as far as they refuse or end by themselves."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from probatum.cli.exits import Exit
from probatum.encoding.digest import Digest
from probatum.ledger.propagation import api_keys
from probatum.ledger.propagation.database import FILE, Database
from tests.e2e.conftest import Cli


def new(cli: Cli, *more: object) -> str:
    ran = cli("apikeys", "new", "--name", "bot", "--tenant", "acme", *more)
    assert ran.code == Exit.OK, ran.err
    return ran.out.strip()


def test_a_key_is_shown_once_and_only_its_hash_is_kept(cli: Cli, home: Path) -> None:
    cli("network", "init")
    secret = new(cli, "--rate", 60, "--quota", 1000)
    with Database.in_folder(home) as database, database.read() as connection:
        key = api_keys.find(connection, secret)
    assert key is not None
    assert (key.tenant, key.scopes, key.per_minute, key.per_day) == ("acme", {"generate", "verify", "read"}, 60, 1000)
    data = b"".join(path.read_bytes() for path in home.glob(f"{FILE}*"))
    assert secret.encode() not in data
    assert bytes(Digest.of(secret.encode())) in data
    assert secret not in cli("apikeys", "list").out


def test_a_key_is_listed_and_revoked(cli: Cli, home: Path) -> None:
    cli("network", "init")
    secret = new(cli, "--scopes", "read,admin")
    (listed,) = json.loads(cli("apikeys", "list", "--json").out)
    assert (listed["name"], listed["scopes"], listed["disabled_at"]) == ("bot", ["admin", "read"], None)
    ran = cli("apikeys", "revoke", listed["id"])
    assert (ran.code, "revoked" in ran.out) == (Exit.OK, True)
    with Database.in_folder(home) as database, database.read() as connection:
        assert api_keys.find(connection, secret) is None


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("new", "--name", "bot", "--tenant", ""), "--tenant is 1 to 64"),
        (("new", "--name", "Bot!", "--tenant", "acme"), "--name is 1 to 64"),
        (("new", "--name", "bot", "--tenant", "acme", "--scopes", "root"), "'root' is no scope"),
        (("new", "--name", "bot", "--tenant", "acme", "--rate", 0), "--rate must be at least 1"),
        (("revoke", "key_unknown"), "there is no key key_unknown"),
    ],
)
def test_what_cannot_be_a_key_is_refused(cli: Cli, arguments: tuple[object, ...], problem: str) -> None:
    cli("network", "init")
    ran = cli("apikeys", *arguments)
    assert ran.code == Exit.USAGE
    assert problem in ran.err


def test_without_a_network_there_are_no_keys(cli: Cli) -> None:
    assert "no network in" in cli("apikeys", "list").err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--upstream", "ftp://a"), "base URL must be http"),
        (("--corpus", "nothing"), "there is no corpus nothing"),
        (("--model", "small"), "say where it is with --upstream"),
        (("--host", "0.0.0.0"), "there is no API key"),  # noqa: S104
        (("--database", "mysql://a/b"), "a database is given as sqlite"),
        (("--config", "nowhere.toml"), "cannot read nowhere.toml"),
        (("--port", 99999), "a port is a number"),
    ],
)
def test_serve_refuses_in_one_line_what_it_cannot_do(cli: Cli, arguments: tuple[object, ...], problem: str) -> None:
    ran = cli("serve", *(arguments if "--port" in arguments else ("--port", 0, *arguments)))
    assert ran.code == Exit.USAGE
    last = ran.err.strip().splitlines()[-1]
    assert last.startswith("probatum: ")
    assert problem in last


def test_serve_refuses_a_port_in_use_before_it_makes_anything(cli: Cli, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = cli("serve", "--port", taken.getsockname()[1])
    assert ran.code == Exit.USAGE
    assert "choose another port with --port" in ran.err
    assert not home.exists()


def test_serve_does_not_take_a_folder_that_is_something_else(cli: Cli, home: Path) -> None:
    home.mkdir()
    (home / "letters.txt").write_text("not a network")
    ran = cli("serve", "--port", 0)
    assert ran.code == Exit.USAGE
    assert "is not empty; a network is never overwritten" in ran.err
