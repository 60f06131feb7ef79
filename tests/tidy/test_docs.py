"""``docs/commands.md`` documents exactly the command line there is, and the pages refer only to what exists."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.cli.exits import Exit
from probatum.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (ROOT / "docs/commands.md").read_text("utf-8")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
PAGES = [*sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")), "examples/README.md"]


def commands(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every parser that has no further commands below it."""
    below = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield top
    for action in below:
        for child in action.choices.values():
            yield from commands(child)


ALL = {command.prog: command for command in commands(parser())}


def section(name: str) -> str:
    """The part of the page under a command's heading."""
    return COMMANDS.split(f"## `{name}`\n", 1)[1].split("\n## ", 1)[0]


def arguments(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    return (action for action in command._actions if not isinstance(action, argparse._HelpAction))


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(re.findall(r"^## `(probatum [a-z ]+)`$", COMMANDS, re.M)) == ALL.keys()


@pytest.mark.parametrize("name", ALL)
def test_exactly_the_options_there_are_stand_in_the_table(name: str) -> None:
    documented = set(re.findall(r"^\| `(--[a-z-]+)", section(name), re.M))
    assert documented == {option for action in arguments(ALL[name]) for option in action.option_strings}


@pytest.mark.parametrize("name", ALL)
def test_every_argument_is_documented_by_its_name(name: str) -> None:
    text = section(name).replace("\\|", "|")
    for action in arguments(ALL[name]):
        shown = f"{action.option_strings[0]} {action.metavar}" if action.option_strings and action.metavar else action.metavar
        assert shown is None or f"| `{shown}` |" in text


def test_no_option_is_mentioned_that_does_not_exist() -> None:
    known = {option for command in ALL.values() for action in command._actions for option in action.option_strings}
    assert set(OPTION.findall(COMMANDS)) <= known | {"--version"}


def test_every_exit_code_is_documented() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS, re.M)] == sorted(Exit)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
        assert "://" in target or (path.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_modules_and_tests_that_are_named_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for name, _, test in re.findall(r"`(tests/[\w/]+\.(?:py|json))(::(\w+))?`", text):
        assert (ROOT / name).exists(), name
        assert not test or f"def {test}(" in (ROOT / name).read_text("utf-8"), f"{name}::{test}"
    for name in re.findall(r"`(probatum(?:\.[a-z_0-9]+)+)`", text):
        path = ROOT / "src" / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), name


@pytest.mark.parametrize("path", sorted((ROOT / "docs/adr").glob("*.md")), ids=lambda path: path.stem[:4])
def test_a_decision_is_short_and_has_its_three_parts(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 40
    assert re.findall(r"^## (.*)$", text, re.M) == ["Context", "Decision", "Consequences"]
    assert text.startswith(f"# {path.stem[:4]}: ")


def test_the_clients_page_names_the_locked_versions() -> None:
    page = (ROOT / "docs/http/clients.md").read_text("utf-8")
    python = (ROOT / "requirements/clients.txt").read_text("utf-8")
    packages = json.loads((ROOT / "tests/e2e/clients/package-lock.json").read_text("utf-8"))["packages"]
    locked = {
        name: rf"^{re.escape(name)}==(\S+)"
        for name in ("langchain-openai", "pydantic-ai-slim", "litellm", "mira-network", "openai")
    }
    versions = {name: re.search(pattern, python, re.M)[1] for name, pattern in locked.items()}  # type: ignore[index]
    for name, version in versions.items():
        assert re.search(rf"^\| `{name}`[^|]*\| {re.escape(version)} \|", page, re.M), (name, version)
    for name in ("openai", "ai", "@ai-sdk/openai", "@ai-sdk/openai-compatible"):
        assert packages[f"node_modules/{name}"]["version"] in page, name
