"""``probatum reverify``: judge a certified text again; what does not stand any more is withdrawn, and everyone is told."""

from __future__ import annotations

import json
from argparse import Namespace

from probatum.cli.exits import OF_STATUS, Exit
from probatum.cli.revoke import read_hash, tell
from probatum.cli.verify import Job, certify_job, check_evidence, open_corpus, read_sources
from probatum.consensus.outcome import Status
from probatum.coordinator.certify import Certification
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import open_renewed
from probatum.coordinator.report import report
from probatum.coordinator.reverifying import Again, Reverified, reverify


def run(arguments: Namespace) -> Exit:
    """0 if the certificate stands, 6 if it was withdrawn; 4 or 5 if too little was decided, and nothing changes."""
    cert_hash, folder = read_hash(arguments.cert_hash), arguments.network or default_folder()
    check_evidence(arguments)
    sources = read_sources(arguments.evidence) if arguments.evidence else ()
    with open_renewed(folder) as network:
        corpus = open_corpus(network, arguments.corpus)

        def judge(output: bytes) -> Certification:
            return certify_job(Job(network, output, sources, corpus))

        done = reverify(network, cert_hash, judge)
        told = report(done.after, network.epoch)
    if arguments.json:
        print(json.dumps({"cert_hash": str(cert_hash), "fate": str(done.fate), "report": told}, ensure_ascii=False))
    else:
        _print(done)
    if done.revocation is not None:
        tell(arguments, folder, done.revocation, quiet=arguments.json)
    return _exit(done)


def _exit(done: Reverified) -> Exit:
    match done.fate:
        case Again.STANDS:
            return Exit.OK
        case Again.SUPERSEDED:
            return Exit.REVOKED
        case _:
            return Exit.UNAVAILABLE if OF_STATUS[done.after.status] is Exit.UNAVAILABLE else Exit.NOT_CERTIFIED


def _print(done: Reverified) -> None:
    verified = done.after.verified
    print(f"judged again: {done.after.status.replace('_', ' ')}")
    if verified is not None:
        print(f"record_hash  {verified.record_hash}")
    match done.fate:
        case Again.STANDS:
            print(f"it stands: every claim that {done.before.record_hash} certified survived again")
        case Again.SUPERSEDED:
            print(f"superseded: claims {', '.join(map(str, done.lost))} of {done.before.record_hash} do not stand any more")
        case _:
            why = "no round ended" if done.after.status in (Status.EXPIRED, Status.NOTHING_TO_CHECK) else "too little was decided"
            print(f"nothing changes: {why}, so {done.before.record_hash} is neither confirmed nor withdrawn")
