"""What a person sees while a text is verified."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from probatum.cli.text import one_line, plain
from probatum.cli.votes import STYLES, TALLY_ORDER, fragment_lines
from probatum.cli.worth import worth_line
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import ClaimRecord
from probatum.consensus.outcome import Status
from probatum.coordinator.certify import Certification
from probatum.coordinator.events import BallotIn, Event, OutcomeSigned, RoundOpened, SourcesRead, ValidatorSilent, VoteIn
from probatum.coordinator.report import FRAGMENT_STATUS, verdicts_of, votes_on

_HEADLINES: Final = {
    Status.CERTIFIED: ("CERTIFIED", "green"),
    Status.PARTIALLY_CERTIFIED: ("PARTIALLY CERTIFIED", "yellow"),
    Status.REJECTED: ("REJECTED", "red"),
    Status.UNDECIDED: ("UNDECIDED", "yellow"),
    Status.EXPIRED: ("EXPIRED", "red"),
    Status.NOTHING_TO_CHECK: ("NOTHING TO CHECK", "yellow"),
}


class Session:
    """One verification in a terminal, or in a pipe, where bars become lines. Events may come from several threads."""

    def __init__(self, epoch: Epoch, console: Console | None = None) -> None:
        self.epoch = epoch
        self.console = console or Console(highlight=False)
        self._claims = 0
        self._tasks: dict[str, TaskID] = {}
        columns = (
            TextColumn("  {task.description:<16}"),
            BarColumn(24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=self.console, disable=not self.console.is_terminal)

    def __enter__(self) -> Session:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def show_provisional(self, output: bytes) -> None:
        """The answer at once, with its state."""
        text = plain(output.decode("utf-8").strip("\n"))
        self.console.print(
            Panel(text, title="[bold yellow]PROVISIONAL[/] not verified, nothing in it has been checked yet", border_style="yellow")
        )

    def observe(self, event: Event) -> None:
        """Show one event."""
        match event:
            case SourcesRead(sources, passages):
                self.console.print(f"{passages} passages in {sources} source{'s' if sources != 1 else ''}")
            case RoundOpened(request, resumed):
                self._open([r for r in request.records if isinstance(r, ClaimRecord)], resumed)
            case VoteIn(name):
                self._progress.advance(self._tasks[name])
            case BallotIn(name):
                self._progress.update(self._tasks[name], completed=self._claims, note="ballot in")
                if not self.console.is_terminal:
                    self.console.print(f"  {name}: ballot in, {self._claims} claims")
            case ValidatorSilent(name, reason):
                self._progress.update(self._tasks[name], note="silent")
                self.console.print(plain(f"  {name} is silent: {one_line(reason)}", "red"))
            case OutcomeSigned(name):
                self._progress.update(self._tasks[name], note="signed")

    def _open(self, claims: list[ClaimRecord], resumed: int | None) -> None:
        self._claims = len(claims)
        if resumed is not None:
            self.console.print(f"an unfinished round of this text is taken up again, {resumed} ballots kept")
        self.console.print(f"{len(claims)} claims")
        for record in claims:
            self.console.print(Padding(plain(f"{record.index:>3}  {one_line(record.claim)}"), (0, 0, 0, 1)))
        for member in self.epoch.members:
            self._tasks[member.id] = self._progress.add_task(member.id, total=len(claims), note="voting")

    def show_result(self, result: Certification, out: Path | None) -> None:
        """What survived, what did not and why; and at the very end, if there is one, the hash."""
        console, verdicts = self.console, verdicts_of(result)
        console.print()
        for record in result.records:
            votes = votes_on(result, record.index)
            console.print(fragment_lines(record, verdicts[record.index], votes, self.epoch, result.request, result.output))
        title, colour = _HEADLINES[result.status]
        console.print(Panel(Group(*self._summary(result)), title=f"[bold {colour}]{title}[/]", border_style=colour))
        for line in _closing(result):
            console.print(line, soft_wrap=True, markup=False)
        if out is not None and result.bundle is not None:
            console.print(f"bundle       {out}", soft_wrap=True, markup=False)

    def _summary(self, result: Certification) -> list[Text]:
        counts = [FRAGMENT_STATUS[verdict] for verdict in verdicts_of(result)]
        parts = [(f"{counts.count(name)} {name.replace('_', ' ')}", STYLES[name]) for name in TALLY_ORDER if name in counts]
        lines = [Text("  ").join(Text(text, style) for text, style in parts)]
        verified = result.verified
        if verified is not None:
            coverage = verified.outcome.coverage
            lines.append(
                Text(f"{coverage.certified} of {coverage.total} bytes are certified, {coverage.uncovered} were looked at by nobody")
            )
            lines.append(
                Text(f"signed by {len(verified.signer_ids)} of {len(self.epoch.members)} validators; log leaf {verified.log_index}")
            )
            if verified.cert_hash is not None:
                lines.append(Text(worth_line(self.epoch)))
        return lines


def _closing(result: Certification) -> list[str]:
    """The last lines: the hash, if there is one, and what it stands for."""
    verified = result.verified
    match result.status:
        case Status.CERTIFIED if verified:
            return [f"cert_hash    {verified.cert_hash}"]
        case Status.PARTIALLY_CERTIFIED if verified:
            return [
                f"cert_hash    {verified.cert_hash}",
                "             for the surviving claims alone; the text as a whole has none",
            ]
        case Status.EXPIRED:
            return ["no cert_hash: too few validators answered in time; the text stays provisional. Run the command again."]
        case Status.NOTHING_TO_CHECK:
            return ["no cert_hash: no claim in the text can be checked, so there is nothing to certify"]
        case _:
            hashed = [f"record_hash  {verified.record_hash} (the record of the round)"] if verified else []
            return ["no cert_hash: no claim survived; the text stays unverified", *hashed]
