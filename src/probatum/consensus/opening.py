"""What a round is about: fixed when it opens, repeated in every ballot and in the outcome."""

from __future__ import annotations

import re
from typing import Final

from probatum.consensus.epoch import NAME, Epoch
from probatum.consensus.fragment import MAX_FRAGMENTS
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import field, frozen

ROUND_ID: Final = re.compile(r"[0-9a-f]{32}")


@frozen
class Opening:
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
    _named: dict[str, Json] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def named(self) -> dict[str, Json]:
        """How a ballot names this round: its epoch, fragments, network and id."""
        made = self._named
        if made is None:
            made = {
                "epoch": {"digest": str(self.epoch_digest), "number": self.epoch},
                "fragments": str(self.root),
                "network": self.network,
                "round": self.round_id,
            }
            object.__setattr__(self, "_named", made)
        return made

    def to_json(self) -> dict[str, Json]:
        """The opening as it stands in an outcome; the output's digest is the statement's subject."""
        return {
            "beacon": None if self.beacon is None else str(self.beacon),
            "epoch": {"digest": str(self.epoch_digest), "number": self.epoch},
            "fragments": {"count": self.count, "root": str(self.root)},
            "network": self.network,
            "output_bytes": self.output_bytes,
            "round": self.round_id,
        }

    @classmethod
    def from_json(cls, value: Json, output: Digest, where: str) -> Opening:
        """Read an opening; raises ConsensusError naming the field."""
        f = Fields(value, "beacon epoch fragments network output_bytes round", where, ConsensusError)
        epoch = Fields(f.value["epoch"], "digest number", f"{where}.epoch", ConsensusError)
        fragments = Fields(f.value["fragments"], "count root", f"{where}.fragments", ConsensusError)
        return cls(
            network=f.match("network", NAME, "a lower-case name"),
            epoch=epoch.integer("number"),
            epoch_digest=epoch.digest("digest"),
            round_id=f.match("round", ROUND_ID, "32 hex digits"),
            output=output,
            output_bytes=f.integer("output_bytes", 1),
            root=fragments.digest("root"),
            count=fragments.integer("count", 1, MAX_FRAGMENTS),
            beacon=f.optional("beacon", f.digest),
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
