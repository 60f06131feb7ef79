"""What a round is about: fixed when it opens, repeated in every ballot and in the outcome."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import MAX_FRAGMENTS
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Name, Positive, Size
from probatum.errors import ConsensusError
from probatum.frozen import Value, lazy

RoundId: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]


class EpochRef(Form, frozen=True):
    """An epoch as other statements name it."""

    digest: Digest
    number: Size


class Fragments(Form, frozen=True):
    """How many fragment records there are, and the root over them."""

    count: Annotated[int, Meta(ge=1, le=MAX_FRAGMENTS)]
    root: Digest


class OpeningForm(Form, frozen=True):
    """An opening as it stands in an outcome; the output's digest is the statement's subject."""

    beacon: Digest | None
    epoch: EpochRef
    fragments: Fragments
    network: Name
    output_bytes: Positive
    round: RoundId


class Opening(Value, frozen=True, dict=True):
    """The fixed facts of one round.

    Attributes:
        network: the network's name.
        epoch: the epoch's number.
        epoch_digest: the epoch's digest.
        round_id: 32 hex digits, chosen by the coordinator; no requester may.
        output: SHA-256 of the output's bytes.
        output_bytes: how many they are.
        root: root of the tree of fragment records.
        count: how many records.
        beacon: the log's root at the opening, from which committees are drawn; ``None`` where all judge all.
    """

    network: str
    epoch: int
    epoch_digest: Digest
    round_id: str
    output: Digest
    output_bytes: int
    root: Digest
    count: int
    beacon: Digest | None = None

    @lazy
    def named(self) -> tuple[str, int, str, str, str]:
        """How a ballot names this round: its network, epoch (number and digest), id and fragments, as text."""
        return self.network, self.epoch, str(self.epoch_digest), self.round_id, str(self.root)

    @property
    def form(self) -> OpeningForm:
        """The opening as it stands in an outcome."""
        epoch, fragments = EpochRef(self.epoch_digest, self.epoch), Fragments(self.count, self.root)
        return OpeningForm(self.beacon, epoch, fragments, self.network, self.output_bytes, self.round_id)

    @classmethod
    def of(cls, form: OpeningForm, output: Digest) -> Opening:
        """The opening that was read."""
        epoch, fragments = form.epoch, form.fragments
        return cls(
            network=form.network,
            epoch=epoch.number,
            epoch_digest=epoch.digest,
            round_id=form.round,
            output=output,
            output_bytes=form.output_bytes,
            root=fragments.root,
            count=fragments.count,
            beacon=form.beacon,
        )

    def check_epoch(self, epoch: Epoch) -> None:
        """Raise ConsensusError unless this round belongs to ``epoch``."""
        if (self.network, self.epoch, self.epoch_digest) != (epoch.network, epoch.number, epoch.digest):
            raise ConsensusError(
                f"the round is of epoch {self.epoch} ({str(self.epoch_digest)[:19]}…) of {self.network}, "
                f"this is epoch {epoch.number} ({str(epoch.digest)[:19]}…) of {epoch.network}"
            )
        if (self.beacon is None) != (epoch.policy.committee is None):
            raise ConsensusError("a round has a beacon exactly where its epoch draws committees; without one they could be chosen")
