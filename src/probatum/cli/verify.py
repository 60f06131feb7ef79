"""``probatum verify``: the answer first, marked provisional; then the claims; the hash only at the very end."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from probatum.claims.split import split
from probatum.cli.exits import OF_STATUS, Exit
from probatum.cli.files import read_input, write_whole
from probatum.coordinator.certify import Certification, Tools, certify
from probatum.coordinator.events import Observer
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import Network, open_renewed
from probatum.coordinator.preparation import MAX_OUTPUT_BYTES, check_output
from probatum.coordinator.report import report
from probatum.coordinator.seats import load_seat, splitter
from probatum.errors import EvidenceRefused, OutputRefused, SettingsRefused
from probatum.evidence.collect import collect
from probatum.evidence.corpus import Corpus, CorpusIndex
from probatum.evidence.readers import Source
from probatum.evidence.static_embedding import StaticEmbedder


@dataclass(frozen=True, slots=True)
class Job:
    """A text, what it is judged against, and the network that judges."""

    network: Network
    output: bytes
    sources: Sequence[Source]
    corpus: CorpusIndex | None


def run(arguments: Namespace) -> Exit:
    """Verify one text; the exit code says what became of it."""
    output = _read_output(arguments.file)
    if arguments.out is not None and not arguments.out.absolute().parent.is_dir():
        raise SettingsRefused(f"the folder of {arguments.out} does not exist; nothing was verified")
    check_evidence(arguments)
    sources = read_sources(arguments.evidence) if arguments.evidence else ()
    with open_renewed(arguments.network or default_folder()) as network:
        job = Job(network, output, sources, open_corpus(network, arguments.corpus))
        if arguments.json:
            result = certify_job(job)
            print(json.dumps(report(result, network.epoch), ensure_ascii=False))
        else:
            result = _watch(job, arguments.out)
    if arguments.out is not None and result.bundle is not None and result.verified is not None:
        _write_bundle(arguments.out, result.bundle, str(result.verified.record_hash))
    return OF_STATUS[result.status]


def _write_bundle(path: Path, bundle: bytes, record_hash: str) -> None:
    try:
        write_whole(path, bundle)
    except SettingsRefused as error:
        raise SettingsRefused(f"{error}; nothing is lost: the round is in the ledger, see 'probatum show {record_hash}'") from None


def _read_output(name: str) -> bytes:
    try:
        output = read_input(name, MAX_OUTPUT_BYTES)
    except OSError as error:
        raise OutputRefused(f"cannot read {name}: {error.strerror}") from None
    check_output(output)
    return output


def check_evidence(arguments: Namespace) -> None:
    """Raises EvidenceRefused unless there is something to judge a text against."""
    if not arguments.evidence and arguments.corpus is None:
        raise EvidenceRefused("nothing to judge the text against; give --evidence PATH, --corpus NAME or both")


def read_sources(paths: Sequence[Path]) -> tuple[Source, ...]:
    """The documents under some paths; says on standard error what was skipped."""
    return collect(paths, skipped=lambda name, why: print(f"probatum: skipped {name}: {why}", file=sys.stderr))


def open_corpus(network: Network, name: str | None) -> CorpusIndex | None:
    """A corpus of the network, if one is named; raises EvidenceRefused if there is none of that name."""
    return None if name is None else Corpus.open(network.folder, name, StaticEmbedder())


def certify_job(job: Job, observe: Observer = lambda _: None) -> Certification:
    """Have the network judge it, with the models and the splitter of its settings."""
    settings = job.network.settings
    seats = {seat.id: seat for seat in settings.seats}
    tools = Tools(
        load=cache(lambda name: load_seat(seats[name])),
        embedder=StaticEmbedder(),
        splitter=splitter(settings.decomposer) if settings.decomposer else split,
    )
    return certify(job.network, job.output, job.sources, tools, observe, job.corpus)


def _watch(job: Job, out: Path | None) -> Certification:
    from probatum.cli.session import Session

    with Session(job.network.epoch) as session:
        session.show_provisional(job.output)
        result = certify_job(job, session.observe)
    session.show_result(result, out)
    return result
