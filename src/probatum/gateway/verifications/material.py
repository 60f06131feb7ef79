"""What a verification needs to be taken up again after a restart: its evidence in the content store, and the names of that here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from probatum.coordinator.verification import Evidence
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.evidence.content_store import ContentStore


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the end of a verification is told; ``secret`` is the client's own, if it gave one."""

    url: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What is kept beside a text that was handed in.

    Attributes:
        sources: file names and digests of the evidence that came with it.
        corpus: or the corpus it is judged against.
        hook: who wants to know.
        receiver: who has the text, as the application says.
    """

    sources: tuple[tuple[str, Digest], ...]
    corpus: str | None = None
    hook: Hook | None = None
    receiver: str | None = None

    def to_json(self) -> dict[str, Json]:
        """As the ledger keeps it."""
        return {
            "corpus": self.corpus,
            "receiver": self.receiver,
            "sources": [[name, str(digest)] for name, digest in self.sources],
            "webhook": None if self.hook is None else {"secret": self.hook.secret, "url": self.hook.url},
        }

    @classmethod
    def from_json(cls, value: Json) -> Material:
        """Read what :meth:`to_json` gave."""
        kept = cast("dict[str, Any]", value)
        hook = kept["webhook"]
        return cls(
            tuple((name, Digest.parse(digest)) for name, digest in kept["sources"]),
            kept["corpus"],
            None if hook is None else Hook(hook["url"], hook["secret"]),
            kept["receiver"],
        )


def named(evidence: Evidence, hook: Hook | None = None, receiver: str | None = None) -> Material:
    """The names of some evidence."""
    sources = tuple((name, Digest.of(content)) for name, content in evidence.sources)
    return Material(sources, evidence.corpus, hook, receiver)


async def keep(store: ContentStore, evidence: Evidence) -> None:
    """Have the evidence's bytes on disk; raises LedgerError if they cannot be written."""
    await asyncio.to_thread(lambda: [store.put(content) for _, content in evidence.sources])


async def load(store: ContentStore, material: Material) -> Evidence:
    """The evidence again; raises ContentMissing or ContentDamaged."""
    contents = await asyncio.to_thread(lambda: [store.get(digest) for _, digest in material.sources])
    names = (name for name, _ in material.sources)
    return Evidence(tuple(zip(names, contents, strict=True)), material.corpus)
