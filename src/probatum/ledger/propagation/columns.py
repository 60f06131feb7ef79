"""Column types: digests, states and channels come out of the database as what they are."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from probatum.encoding.digest import Digest
from probatum.ledger.records import Channel, State

BIG: Final = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's INTEGER has 64 bits, and only that may be a row id


class DigestColumn(TypeDecorator[Digest]):
    """32 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Digest | None:
        return None if value is None else Digest(bytes(value))


class StateColumn(TypeDecorator[State]):
    """A state by its name."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: State | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> State | None:
        return None if value is None else State(value)


class ChannelColumn(TypeDecorator[Channel]):
    """A channel by its name."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Channel | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Channel | None:
        return None if value is None else Channel(value)
