"""The private store of texts. A text that is not certified can be read only by asking for a provisional one by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, select

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.errors import CanonicalError, LedgerError
from probatum.ledger.propagation import likeness
from probatum.ledger.propagation.schema import claim_words, claims, generations, texts
from probatum.ledger.records import State


@dataclass(frozen=True, slots=True)
class Text:
    """A text with what it is found by. Making one takes time (it is split into claims), so make it outside of a transaction.

    Attributes:
        data: UTF-8.
        digest: of ``data``.
        claims: its claims, each with the keys of its words.
    """

    data: bytes
    digest: Digest
    claims: tuple[tuple[str, frozenset[int]], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Prepare a text; raises LedgerError for a lone surrogate, which has no UTF-8 form."""
        try:
            data = canonical.utf8(text)
        except CanonicalError as error:
            raise LedgerError(f"the text cannot be kept: {error}") from None
        claims = tuple((claim, likeness.keys_of(claim)) for claim in likeness.claims_of(data))
        return cls(data, Digest.of(data), claims)


def keep(connection: Connection, tenant: str, generation: str, text: Text, seq: int) -> None:
    """Store a generation's text and what its tenant finds it by; ``seq`` is the entry in the journal that says so."""
    connection.execute(texts.insert(), {"generation": generation, "text": text.data})
    claim_rows, word_rows, of_tenant = [], [], likeness.key(tenant)
    for number, (claim, keys) in enumerate(text.claims, start=seq * likeness.MAX_CLAIMS):
        claim_rows.append({"id": number, "generation": generation, "text": _storable(claim)})
        word_rows += [{"claim": number, "word": key ^ of_tenant} for key in keys]
    for table, rows in ((claims, claim_rows), (claim_words, word_rows)):
        if rows:
            connection.execute(table.insert(), rows)


def certified_text(connection: Connection, generation: str) -> str | None:
    """The text of a generation that is certified at this moment, else ``None``."""
    return _read(connection, generation, certified=True)


def provisional_text(connection: Connection, generation: str) -> str | None:
    """The text of a generation whatever its state: never to be given out as an answer. ``None`` while there is none."""
    return _read(connection, generation, certified=False)


def _read(connection: Connection, generation: str, *, certified: bool) -> str | None:
    query = select(texts.c.text).join(generations).where(generations.c.id == generation)
    if certified:
        query = query.where(generations.c.state == State.CERTIFIED)
    data = connection.execute(query).scalar()
    return None if data is None else bytes(data).decode()


def _storable(claim: str) -> str:
    return claim.replace("\x00", "\ufffd")  # PostgreSQL's text has no NUL
