"""``probatum corpus add|list|show|remove``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from probatum.cli.exits import Exit
from probatum.cli.text import one_line, plain
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import open_or_init
from probatum.encoding.canonical import Json
from probatum.evidence.corpus import Added, Corpus, Progress, Version, Watch
from probatum.evidence.static_embedding import StaticEmbedder

_STAGES = {"waiting": "waiting for another process", "reading": "reading", "indexing": "indexing"}


def run(arguments: Namespace) -> Exit:
    """Do what the action says; exit code 0, or an error."""
    folder = arguments.network or default_folder()
    match arguments.action:
        case "add":
            _add(folder, arguments.name, arguments.paths, only=arguments.only)
        case "list":
            _list(folder, as_json=arguments.json)
        case "show":
            _show(Corpus(folder, arguments.name), arguments.version, as_json=arguments.json)
        case "remove":
            _remove(Corpus(folder, arguments.name), arguments.version)
    return Exit.OK


def _add(folder: Path, name: str, paths: list[Path], *, only: bool) -> None:
    corpus = Corpus(folder, name)  # a bad name makes no network
    open_or_init(folder).close()
    with _watch() as watch:
        added = corpus.add(paths, StaticEmbedder(), only=only, watch=watch)
    print(_summary(added))


@contextmanager
def _watch() -> Iterator[Watch]:
    """A bar for each stage where there is a terminal; what is passed over on standard error, a line each."""
    console = Console(stderr=True, highlight=False)
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:

        def progress(now: Progress) -> None:
            if now.stage not in tasks:
                tasks[now.stage] = bar.add_task(_STAGES[now.stage], total=None)
                if now.stage == "waiting" and not console.is_terminal:
                    print("probatum: waiting for another process that changes this corpus", file=sys.stderr)
            bar.update(tasks[now.stage], completed=now.done, total=now.total or None)

        yield Watch(progress, lambda name, why: console.print(plain(f"probatum: skipped {one_line(name)}: {why}"), soft_wrap=True))


def _summary(added: Added) -> str:
    version = added.version
    held = f"version {version.number}, {_count(len(version.documents), 'document')}"
    if not added.anything:
        return f"{version.corpus}: nothing has changed ({held})"
    return f"{version.corpus}: {held}: {len(added.new)} new, {len(added.changed)} changed, {len(added.gone)} left out"


def _list(folder: Path, *, as_json: bool) -> None:
    found = [(name, Corpus(folder, name)) for name in Corpus.names(folder)]
    newest = [(corpus.version(), len(corpus.numbers())) for _, corpus in found]
    if as_json:
        print(json.dumps({"corpora": [_version_json(version) for version, _ in newest]}, indent=1, ensure_ascii=False))
        return
    if not newest:
        print(f"no corpus in {folder}; make one with 'probatum corpus add NAME PATH'")
        return
    table = Table("corpus", "version", "kept", "documents", "bytes", "made", box=None, pad_edge=False)
    for version, kept in newest:
        size, documents = str(version.size), str(len(version.documents))
        table.add_row(version.corpus, str(version.number), str(kept), documents, size, _time(version.created_at))
    Console(highlight=False).print(table)


def _show(corpus: Corpus, number: int | None, *, as_json: bool) -> None:
    version = corpus.version(number)
    numbers = corpus.numbers()
    if as_json:
        documents: list[Json] = [
            {"bytes": one.size, "copy": str(one.copy_digest), "name": one.name, "reader": one.reader, "sha256": str(one.digest)}
            for one in version.documents
        ]
        shown: Json = {**_version_json(version), "documents": documents, "versions": list(numbers)}
        print(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(
        f"{version.corpus}  version {version.number} of {', '.join(map(str, numbers))}, made {_time(version.created_at)}, "
        f"{_count(len(version.documents), 'document')}, {_count(version.size, 'byte')} of text",
        soft_wrap=True,
        markup=False,
    )
    console.print(f"manifest {version.digest}", soft_wrap=True)
    for one in version.documents:
        console.print(plain(f"  {one.digest.hex()[:12]}  {one.size:>10}  {one_line(one.name)}  ({one.reader})"), soft_wrap=True)


def _remove(corpus: Corpus, number: int | None) -> None:
    corpus.remove(number)
    what = corpus.name if number is None else f"version {number} of {corpus.name}"
    print(f"{what} is removed; the documents' copies stay in 'sources', because certificates may rest on them")


def _version_json(version: Version) -> dict[str, Json]:
    return {
        "bytes": version.size,
        "corpus": version.corpus,
        "created_at": version.created_at,
        "digest": str(version.digest),
        "size": len(version.documents),
        "version": version.number,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
