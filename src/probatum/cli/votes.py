"""A fragment with its verdict, its votes and the passage it was judged against, for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from probatum.cli.text import one_line, plain
from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import ClaimRecord, FragmentRecord
from probatum.consensus.outcome import FragmentVerdict
from probatum.consensus.request import Request
from probatum.consensus.verdict import Verdict
from probatum.coordinator.report import FRAGMENT_STATUS

STYLES: Final = {"certified": "green", "refuted": "red", "insufficient": "yellow", "undecided": "yellow", "not_checkable": "dim"}
TALLY_ORDER: Final = tuple(STYLES)
_SIGNS: Final = {"certified": "✔", "refuted": "✘", "insufficient": "?", "undecided": "?", "not_checkable": "·"}
_PASSAGE_CHARS: Final = 240


def fragment_lines(
    record: FragmentRecord,
    verdict: FragmentVerdict,
    votes: Sequence[tuple[str, Vote]],
    epoch: Epoch,
    request: Request | None,
    output: bytes,
) -> Group:
    """One fragment as lines: the claim and its verdict; unless all agreed, who said what; the first passage."""
    name = FRAGMENT_STATUS[verdict]
    if not isinstance(record, ClaimRecord):
        text = one_line(output[record.start : record.end].decode("utf-8", "replace"), 100)
        return Group(plain(f" {_SIGNS[name]} {record.index:>3}  not checkable ({record.reason}): {text}", STYLES[name]))
    sign = f" {_SIGNS[name]} {record.index:>3}  {name}"
    head = Text.assemble((sign, STYLES[name]), f"  {vote_summary(votes, epoch)}  ", plain(one_line(record.claim)))
    lines: list[Text] = []
    if verdict is not FragmentVerdict.SUPPORTED or any(vote.verdict is not Verdict.SUPPORTED for _, vote in votes):
        lines += vote_lines(votes)
    if request is not None and (evidence := request.evidence_of(record)) is not None:
        first = evidence.passages[0]
        lines.append(plain(f"{first.source} [{first.start}–{first.end}] “{excerpt(first.text, record.claim)}”", "dim"))
    return Group(head, *(Padding(line, (0, 0, 0, 8)) for line in lines))


def vote_lines(votes: Sequence[tuple[str, Vote]]) -> list[Text]:
    """Who said what, for what reason; validators that said exactly the same stand on one line."""
    same: dict[str, list[str]] = {}
    for who, vote in votes:
        same.setdefault(vote_text(vote), []).append(who)
    return [Text(f"{', '.join(who)}: ", "dim") + plain(said) for said, who in same.items()]


def excerpt(passage: str, claim: str) -> str:
    """The part of a passage to show for a claim: around the window that shares the most words with it."""
    flat = one_line(passage)
    if len(flat) <= _PASSAGE_CHARS:
        return flat
    words = {word for word in claim.lower().split() if len(word) > 3}
    starts = [0, *(at + 2 for at in range(len(flat) - 2) if flat[at : at + 2] == ". ")]
    best = max(starts, key=lambda at: (sum(word in flat[at : at + _PASSAGE_CHARS].lower() for word in words), -at))
    cut = flat[best : best + _PASSAGE_CHARS]
    return f"{'…' if best else ''}{cut}{'…' if best + _PASSAGE_CHARS < len(flat) else ''}"


def vote_summary(votes: Sequence[tuple[str, Vote]], epoch: Epoch) -> str:
    """``3 for, 1 abstained``; where votes weigh differently and are divided, with the stake of those who agree."""
    words = {Verdict.SUPPORTED: "for", Verdict.REFUTED: "against", Verdict.INSUFFICIENT: "insufficient", None: "abstained"}
    weighed = len({member.stake for member in epoch.members}) > 1 and epoch.policy.committee is None
    parts: list[str] = []
    for verdict, word in words.items():
        if who := [name for name, vote in votes if vote.verdict is verdict]:
            stake = sum(epoch.by_id[name].stake for name in who)
            told = weighed and verdict is not None and 1 < len(who) < len(epoch.members)
            parts.append(f"{len(who)} {word}" + (f" with {stake} of {epoch.stake} stake" if told else ""))
    return ", ".join(parts) or "no votes"


def vote_text(vote: Vote) -> str:
    """One vote: verdict, confidence and reason."""
    said = "abstained" if vote.verdict is None else f"{vote.verdict.lower()} {vote.confidence / 100:.0f} %"
    return f"{said}{': ' + one_line(vote.reason) if vote.reason else ''}"
