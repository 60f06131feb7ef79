"""``probatum show``: one round for a person."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from probatum.cli.exits import Exit
from probatum.cli.files import find_bundle, read_trust
from probatum.cli.text import one_line, plain
from probatum.cli.votes import STYLES, vote_summary, vote_text
from probatum.cli.worth import worth_line
from probatum.consensus.ballot import Vote
from probatum.consensus.outcome import FragmentVerdict
from probatum.coordinator.folder import default_folder
from probatum.coordinator.report import FRAGMENT_STATUS
from probatum.errors import BundleError, LedgerError
from probatum.verify import AnyBundle, VerifiedBundle, decode_bundle, decode_revocation, verify, verify_revocation


def run(arguments: Namespace) -> Exit:
    """Verify the bundle and show it; what does not verify is not shown as if it did."""
    folder = arguments.network or default_folder()
    bundle = decode_bundle(find_bundle(arguments.what, folder))
    result = verify(bundle, read_trust(arguments.trust, folder))
    if result.verified is None:
        first = result.failures[0]
        raise BundleError(
            f"the bundle does not verify, so there is no round to show: step {first.number}, {first.title}: {first.detail}"
        )
    console = Console(highlight=False)
    _head(console, result.verified)
    for claim in result.verified.claims:
        _claim(console, result.verified, bundle, claim.record.index)
    _asides(console, result.verified)
    _validators(console, result.verified)
    _revoked(console, result.verified, arguments, folder)
    return Exit.OK


def _head(console: Console, verified: VerifiedBundle) -> None:
    opening, coverage = verified.outcome.opening, verified.outcome.coverage
    name = "cert_hash" if verified.cert_hash else "record_hash"
    rows = [
        (name, f"{verified.record_hash}  ({verified.outcome.status}, scope {verified.outcome.scope})"),
        ("output", f"{opening.output}, {opening.output_bytes} bytes"),
        ("round", f"{opening.round_id} of {opening.network}, epoch {opening.epoch} ({verified.epoch.digest})"),
        ("rule", f"more than 2/3 of the stake, at least {verified.epoch.policy.min_families} model families"),
        ("worth", worth_line(verified.epoch)),
        ("coverage", ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in coverage.to_json().items()) + " bytes"),
        ("log", f"{verified.epoch.log.origin}, leaf {verified.log_index} of {verified.log_size}"),
    ]
    for key, value in rows:
        console.print(Text(f"{key:<12}", "bold") + Text(value), soft_wrap=True)
    console.print()


def _claim(console: Console, verified: VerifiedBundle, bundle: AnyBundle, index: int) -> None:
    claim = next(one for one in verified.claims if one.record.index == index)
    record, status = claim.record, FRAGMENT_STATUS[claim.verdict]
    votes: Sequence[tuple[str, Vote]] = [(b.member.id, b.votes[index]) for b in verified.ballots if index in b.votes]
    console.print(
        Text(f"fragment {index}  ", "bold") + Text(status, STYLES[status]) + Text(f"  bytes {record.start} to {record.end}")
    )
    console.print(Padding(plain(one_line(record.claim)), (0, 0, 0, 4)))
    if record.context:
        console.print(Padding(plain(f"context: {one_line(record.context, 200)}", "dim"), (0, 0, 0, 4)))
    if votes:
        console.print(Padding(Text(vote_summary(votes, verified.epoch)), (0, 0, 0, 4)))
    for who, vote in votes:
        dissent = (
            claim.verdict is not FragmentVerdict.UNDECIDED
            and vote.verdict is not None
            and vote.verdict.value != claim.verdict.value
        )
        console.print(Padding(plain(f"{who}: {vote_text(vote)}") + Text("  dissents" if dissent else "", "bold"), (0, 0, 0, 6)))
    for passage in bundle.evidence[record.evidence].passages:
        where = f"{passage.source} [{passage.start}–{passage.end}] {passage.source_digest.hex()[:12]} {passage.method}"
        console.print(Padding(plain(f"{where}: “{one_line(passage.text)}”", "dim"), (0, 0, 0, 6)))
    console.print()


def _asides(console: Console, verified: VerifiedBundle) -> None:
    hidden = [i for i, verdict in enumerate(verified.outcome.verdicts) if FRAGMENT_STATUS[verdict] == "not_checkable"]
    if hidden:
        console.print(f"not checkable: fragments {', '.join(map(str, hidden))}")
    if not verified.ballots:
        console.print("a proof of one claim: the other claims and the ballots are not in it")


def _validators(console: Console, verified: VerifiedBundle) -> None:
    table = Table("validator", "operator", "stake", "family", "architecture", "ballot cast", "outcome", box=None, pad_edge=False)
    cast = {ballot.member.id: _time(ballot.cast_at) for ballot in verified.ballots}
    for member in verified.epoch.members:
        signed = "signed" if member.id in verified.signer_ids else "not signed"
        ballot = cast.get(member.id, "none" if verified.ballots else "not shown")
        table.add_row(member.id, member.operator, str(member.stake), member.model.family, member.model.architecture, ballot, signed)
    console.print(table)
    signed_stake = sum(member.stake for member in verified.epoch.members if member.id in verified.signer_ids)
    console.print(f"outcome signed by {signed_stake} of {verified.epoch.stake} stake")


def _time(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms since 1970"


def _revoked(console: Console, verified: VerifiedBundle, arguments: Namespace, folder: Path) -> None:
    """What the embedded network's own ledger says; of another network's certificates it knows nothing."""
    if not (folder / "ledger.sqlite3").exists():
        return
    from probatum.coordinator.network import open_ledger

    try:
        with open_ledger(folder) as ledger:
            file = ledger.revocation(verified.record_hash)
    except LedgerError as error:
        console.print(plain(f"whether it was revoked is not known: {one_line(str(error))}", "yellow"))
        return
    if file is None:
        return
    check = verify_revocation(decode_revocation(file), read_trust(arguments.trust, folder), certificate=verified)
    if check.verified is not None:
        said = check.verified.revocation
        console.print(plain(f"REVOKED by epoch {said.epoch}: {one_line(said.reason)}", "bold red"))
