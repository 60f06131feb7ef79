"""Arguments, dispatch, and the one place where errors become one line on stderr and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from probatum import __version__
from probatum.cli.exits import Exit
from probatum.errors import ProbatumError, ValidatorError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{self.prog}: {message}; see '{self.prog} --help'\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(prog="probatum", description="Turns generated text into certified text.")
    top.add_argument("--version", action="version", version=f"probatum {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _verify(commands.add_parser("verify", help="judge a text against its evidence and certify what survives"))
    _audit(commands.add_parser("audit", help="check a bundle offline, step by step"))
    _show(commands.add_parser("show", help="show a round: claims, votes, dissent, evidence, signers"))
    _prove(commands.add_parser("prove", help="take one surviving claim out of a bundle, with its proof"))
    _network_commands(commands.add_parser("network", help="the embedded network: init, show"))
    _keys_commands(commands.add_parser("keys", help="Ed25519 keys: new, show"))
    _bench(commands.add_parser("bench", help="measure what the validators know"))
    return top


def _network(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--network",
        type=Path,
        metavar="DIR",
        help="the embedded network's folder (default: PROBATUM_HOME, else the user-data folder)",
    )


def _verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the text to verify, or - for standard input")
    command.add_argument(
        "--evidence",
        type=Path,
        action="append",
        required=True,
        metavar="PATH",
        help="a source file or folder (txt, md, html, pdf); repeatable",
    )
    command.add_argument("--json", action="store_true", help="one JSON object on stdout, nothing else")
    command.add_argument("--out", type=Path, metavar="BUNDLE", help="write the bundle here, for audit and show")
    _network(command)
    command.set_defaults(run="probatum.cli.verify")


def _audit(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", type=Path, metavar="BUNDLE")
    command.add_argument("--output", type=Path, metavar="FILE", help="also prove that this file is exactly the certified bytes")
    command.add_argument(
        "--evidence", type=Path, action="append", metavar="PATH", help="also prove that the passages are where the record says"
    )
    command.add_argument(
        "--trust", type=Path, metavar="FILE", help="the network's trust file (default: that of the embedded network)"
    )
    command.add_argument("--json", action="store_true", help="the steps as JSON")
    _network(command)
    command.set_defaults(run="probatum.cli.audit")


def _show(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", metavar="BUNDLE|CERT_HASH")
    command.add_argument(
        "--trust", type=Path, metavar="FILE", help="the network's trust file (default: that of the embedded network)"
    )
    _network(command)
    command.set_defaults(run="probatum.cli.show")


def _prove(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", metavar="CERT_HASH|BUNDLE")
    command.add_argument(
        "--fragment", type=int, required=True, metavar="N", help="the fragment's number, as show and verify print it"
    )
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the proof")
    _network(command)
    command.set_defaults(run="probatum.cli.prove")


def _network_commands(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make a new embedded network")
    init.add_argument(
        "--validator",
        action="append",
        default=[],
        metavar="SPEC",
        help="add an OpenAI-compatible validator: id=NAME,url=URL,model=MODEL,family=FAMILY[,key_env=VARIABLE]; repeatable",
    )
    init.add_argument(
        "--decomposer", metavar="SPEC", help="let a language model split texts; same form. What it returns is checked"
    )
    init.add_argument("--commit", action="store_true", help="validators commit to their ballots before any is shown")
    _network(init)
    show = actions.add_parser("show", help="validators, models, epoch, log and trust anchor")
    show.add_argument("--json", action="store_true")
    _network(show)
    command.set_defaults(run="probatum.cli.network")


def _keys_commands(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key file that only you can read")
    new.add_argument("--out", type=Path, required=True, metavar="FILE")
    show = actions.add_parser("show", help="print the public key of a key file, or all of the embedded network's")
    show.add_argument("file", nargs="?", type=Path, metavar="FILE")
    _network(show)
    command.set_defaults(run="probatum.cli.keys")


def _bench(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    judgement = actions.add_parser("judgement", help="every validator and the committee on labelled claims")
    judgement.add_argument(
        "--data", type=Path, required=True, metavar="FILE", help="JSON lines (or .gz) with evidence, claim, label"
    )
    judgement.add_argument("--limit", type=int, metavar="N", help="at most N rows, evenly spread")
    judgement.add_argument("--json", action="store_true", help="all figures as one JSON object")
    _network(judgement)
    command.set_defaults(run="probatum.cli.bench")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = parser().parse_args(argv)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: more threads only get in each other's way
    code: int = Exit.READER_GONE
    try:
        code = int(import_module(arguments.run).run(arguments))
        sys.stdout.flush()  # here, where a closed pipe can still be told from a good end
        return code
    except ValidatorError as error:
        return _fail(Exit.UNAVAILABLE, error)
    except ProbatumError as error:
        return _fail(Exit.USAGE, error)
    except KeyboardInterrupt:
        return _fail(Exit.INTERRUPTED, "interrupted; a round that was open is taken up when you run the same command again")
    except (BrokenPipeError, SystemExit):  # rich turns the first into the second
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return code
    except OSError as error:
        return _fail(Exit.USAGE, f"{error.filename or 'system'}: {error.strerror or error}")


def _fail(code: Exit, error: object) -> int:
    print(f"probatum: {' '.join(str(error).split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
