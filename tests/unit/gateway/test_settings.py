"""The settings file and the command line, and whether keys are needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from probatum.errors import SettingsRefused
from probatum.gateway.answers.upstream import HttpUpstream
from probatum.gateway.answers.upstreams import NoUpstream, OneModel
from probatum.gateway.serving.composition import needs_keys, upstream_of
from probatum.gateway.serving.settings import ServeSettings, read_settings
from probatum.ledger.propagation import api_keys
from probatum.ledger.propagation.api_keys import ApiKey
from probatum.ledger.propagation.database import Database


def written(folder: Path, text: str) -> Path:
    file = folder / "gate.toml"
    file.write_text(text)
    return file


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'port = 9000\nhost = "::1"\nnetwork = "net"\npublic_certificates = ["acme"]\n')
    found = read_settings(file, {"port": 9001, "host": None})
    assert (found.port, found.host, found.network) == (9001, "::1", tmp_path / "net")
    assert (found.is_public("acme"), found.is_public("other")) == (True, False)


def test_without_either_the_defaults_hold() -> None:
    assert read_settings(None, {}) == ServeSettings()
    assert ServeSettings().loopback
    assert not ServeSettings().is_public("local")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prot = 1", "'prot' is not known; known are host, port"),
        ("port = '8080'", "port must be a whole number"),
        ("port = true", "port must be a whole number"),
        ("port = 65536", "a port is a number from 0 to 65535"),
        ("no_auth = 1", "no_auth must be true or false"),
        ("public_certificates = [1]", "public_certificates must be true or false"),
        ("corpus = ['a']", "corpus must be text"),
        ("log_level = 'loud'", "log_level is debug, info, warning or error"),
        ("max_streams = 0", "max_streams is too small"),
        ("grace_ms = -1", "grace_ms is too small"),
        ("model = 'x'", "no upstream; say where it is"),
        ("port = ", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_field(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsRefused, match=problem.replace("[", r"\[")):
        read_settings(written(tmp_path, text), {})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"nowhere\.toml: No such file"):
        read_settings(tmp_path / "nowhere.toml", {})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("a.b", False),
    ],
)
def test_what_only_this_machine_can_reach(host: str, loopback: bool) -> None:
    assert ServeSettings(host=host).loopback is loopback


def test_keys_are_needed_as_soon_as_there_is_one(tmp_path: Path) -> None:
    here, outside, open_ = ServeSettings(), ServeSettings(host="192.0.2.1"), ServeSettings(host="192.0.2.1", no_auth=True)
    with Database(f"sqlite:///{tmp_path / 'gateway.sqlite3'}", sync=False) as database:
        assert not needs_keys(here, database)
        with pytest.raises(SettingsRefused, match=r"others can reach 192\.0\.2\.1, and there is no API key"):
            needs_keys(outside, database)
        assert not needs_keys(open_, database)
        with database.write() as unit:
            api_keys.add(unit, ApiKey("key_1", "n", "acme", frozenset({"read"}), None, None, 1), "secret")
        assert needs_keys(here, database)
        assert needs_keys(outside, database)
        assert not needs_keys(open_, database)
        with database.write() as unit:
            api_keys.disable(unit, "key_1", 2)
        assert not needs_keys(here, database)


def test_the_upstream_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MISSING_KEY", raising=False)
    assert isinstance(upstream_of(ServeSettings()), NoUpstream)
    assert isinstance(upstream_of(ServeSettings(upstream="http://a.example/v1")), HttpUpstream)
    assert isinstance(upstream_of(ServeSettings(upstream="http://a.example/v1", model="m")), OneModel)
    with pytest.raises(SettingsRefused, match="the variable MISSING_KEY is to hold the upstream's key, and is not set"):
        upstream_of(ServeSettings(upstream="http://a.example/v1", upstream_key_env="MISSING_KEY"))
    with pytest.raises(SettingsRefused, match="base URL must be http"):
        upstream_of(ServeSettings(upstream="a.example"))
