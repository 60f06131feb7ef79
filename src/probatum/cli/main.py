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
    _trace(commands.add_parser("trace", help="which versions of a text went out, in which order, to whom, in which state"))
    _revoke(commands.add_parser("revoke", help="withdraw a certificate and have everyone told who received the text"))
    _reverify(commands.add_parser("reverify", help="judge a certified text again, and withdraw what does not stand any more"))
    _corpus_commands(commands.add_parser("corpus", help="documents kept for many verifications: add, list, show, remove"))
    _serve(commands.add_parser("serve", help="the gateway: streams a model's answers at once and certifies them meanwhile"))
    _apikeys(commands.add_parser("apikeys", help="who may use the gateway: new, list, revoke"))
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
        metavar="PATH",
        help="a source file or folder (txt, md, html, pdf); repeatable",
    )
    command.add_argument("--corpus", metavar="NAME", help="search this corpus too; one of --evidence and --corpus must be given")
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
    command.add_argument(
        "--revocation", type=Path, metavar="FILE", help="a revocation; if it verifies and is of this certificate, that is REVOKED"
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


def _ledger(command: argparse.ArgumentParser) -> None:
    _network(command)
    command.add_argument(
        "--database", metavar="URL", help="the propagation ledger's database (default: gateway.sqlite3 in the network's folder)"
    )


def _trace(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", metavar="TEXT|FILE|HASH|GENERATION", help="what to trace; - reads a text from standard input")
    command.add_argument("--json", action="store_true", help="one JSON object on stdout, nothing else")
    command.add_argument("--check", action="store_true", help="first recompute the journal, and compare the tables with it")
    _ledger(command)
    command.set_defaults(run="probatum.cli.trace")


def _revoke(command: argparse.ArgumentParser) -> None:
    command.add_argument("cert_hash", metavar="CERT_HASH")
    command.add_argument("--reason", required=True, metavar="TEXT", help="why; everyone who received the text is told")
    command.add_argument("--out", type=Path, metavar="FILE", help="write the signed revocation here, for audit")
    _ledger(command)
    command.set_defaults(run="probatum.cli.revoke")


def _reverify(command: argparse.ArgumentParser) -> None:
    command.add_argument("cert_hash", metavar="CERT_HASH")
    command.add_argument(
        "--evidence", type=Path, action="append", metavar="PATH", help="a source file or folder (txt, md, html, pdf); repeatable"
    )
    command.add_argument("--corpus", metavar="NAME", help="search this corpus too; one of --evidence and --corpus must be given")
    command.add_argument("--json", action="store_true", help="one JSON object on stdout, nothing else")
    _ledger(command)
    command.set_defaults(run="probatum.cli.reverify")


def _serve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=int, metavar="N", help="port to listen on (default: 8080; 0 takes any that is free)")
    command.add_argument(
        "--upstream",
        metavar="URL",
        help="base URL of the OpenAI-compatible server behind, as http://HOST:PORT/v1; or a small model run here: "
        "local:PATH.gguf, local:smollm2-135m",
    )
    command.add_argument("--upstream-key-env", metavar="VARIABLE", help="environment variable that holds the upstream's key")
    command.add_argument("--model", metavar="NAME", help="the upstream's model for every request, whatever model it names")
    command.add_argument("--corpus", metavar="NAME", help="what texts are judged against if a request brings no evidence")
    command.add_argument("--public-certificates", action="store_true", help="let whoever knows a certificate's hash read it")
    command.add_argument("--no-auth", action="store_true", help="let everyone in who can reach the address")
    command.add_argument("--config", type=Path, metavar="FILE.toml", help="further settings; what is said here wins")
    _ledger(command)
    command.set_defaults(run="probatum.cli.serve")


def _apikeys(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key and print it, once")
    new.add_argument("--name", required=True, metavar="NAME", help="for people: who or what uses it")
    new.add_argument("--tenant", required=True, metavar="NAME", help="whose texts it reads and writes")
    new.add_argument(
        "--scopes", default="generate,verify,read", metavar="LIST", help="generate, verify, read, admin; commas between them"
    )
    new.add_argument("--rate", type=int, metavar="N", help="requests a minute (default: no limit)")
    new.add_argument("--quota", type=int, metavar="N", help="requests a day, by UTC (default: no limit)")
    listing = actions.add_parser("list", help="all keys, without their secrets")
    listing.add_argument("--json", action="store_true")
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", metavar="KEY_ID", help="as 'new' and 'list' print it")
    for action in (new, listing, revoke):
        _ledger(action)
    command.set_defaults(run="probatum.cli.apikeys")


def _network_commands(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make a new embedded network")
    init.add_argument(
        "--validator",
        action="append",
        default=[],
        metavar="SPEC",
        help="add a validator: id=NAME,url=URL,model=MODEL,family=FAMILY[,key_env=VARIABLE] for an OpenAI-compatible endpoint, "
        "id=NAME,gguf=PATH[,threads=N] for Qwen2.5-Coder-1.5B, id=NAME,classifier=FOLDER,family=FAMILY for a local classifier; "
        "repeatable",
    )
    init.add_argument(
        "--decomposer", metavar="SPEC", help="let an endpoint's language model split texts. What it returns is checked"
    )
    init.add_argument("--commit", action="store_true", help="validators commit to their ballots before any is shown")
    _network(init)
    show = actions.add_parser("show", help="validators, models, epoch, log and trust anchor")
    show.add_argument("--json", action="store_true")
    _network(show)
    command.set_defaults(run="probatum.cli.network")


def _corpus_commands(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="put files into a corpus, made if there is none of this name")
    add.add_argument("name", metavar="NAME")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or folder (txt, md, html, pdf)")
    add.add_argument("--only", action="store_true", help="leave out documents that are not under the paths given")
    listing = actions.add_parser("list", help="all corpora")
    show = actions.add_parser("show", help="a corpus: its versions and documents")
    show.add_argument("name", metavar="NAME")
    show.add_argument("--version", type=int, metavar="N", help="the documents of this version (default: the newest)")
    for action in (listing, show):
        action.add_argument("--json", action="store_true", help="as one JSON object")
    remove = actions.add_parser("remove", help="remove a corpus, or one of its older versions")
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--version", type=int, metavar="N", help="only this version; not the newest")
    for action in (add, listing, show, remove):
        _network(action)
    command.set_defaults(run="probatum.cli.corpus")


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
    judgement.add_argument(
        "--with",
        dest="extra",
        action="append",
        default=[],
        metavar="SPEC",
        help="measure with a further validator, as in 'network init'",
    )
    judgement.add_argument(
        "--group", action="append", default=[], metavar="NAME=SET,SET", help="also give means over these sets; repeatable"
    )
    judgement.add_argument(
        "--out", type=Path, metavar="FILE.md", help="write the report here, and its curves beside it as FILE.svg"
    )
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
