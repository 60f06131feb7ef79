"""Formats as types: a class says which fields a JSON object has, and reading takes exactly that, *canonical or reject*.

    class Span(Form):
        start: Size
        end: Size

    read_span = Reader(Span, "span", ConsensusError)
    read_span(b'{"end":5,"start":0}')  # Span(start=0, end=5)

Types, bounds and names are checked by ``msgspec`` while it parses, in C. What was read is then written again, and the bytes must be
the same (RFC 8785, see :mod:`probatum.encoding.canonical`): so nothing of the input is left unread, no key stands twice, and base64
has no second spelling. Only when something is wrong is the input read a second time, slowly, to say what and where (docs/adr/0015).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Annotated, Any, Final, Generic, NoReturn, TypeAlias, TypeVar, cast

import msgspec
from msgspec import Meta

from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_BYTES, MAX_INT, Json
from probatum.errors import ProbatumError
from probatum.frozen import Value

F = TypeVar("F")

Size: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_INT)]
Positive: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_INT)]
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")  # of a network, a validator, an operator
Name: TypeAlias = Annotated[str, Meta(pattern=rf"\A(?:{NAME.pattern})\Z")]


class Form(Value, frozen=True, forbid_unknown_fields=True, gc=False):
    """One JSON object of a format: every field by name, exact type and bounds; a field without a default must be there.

    Fields are declared in the order of their canonical names, for so they are written: sorting them each time costs (a test holds
    every form to it). Bytes are base64. A class with ``parse`` and ``str()`` (``Digest``, ``PublicKey``) is the string that they
    read and make.
    """

    def to_json(self) -> dict[str, Json]:
        """The object as plain JSON."""
        return cast("dict[str, Json]", msgspec.json.decode(write(self)))


class Reader(Generic[F]):
    """Reads one format.

    Args:
        form: a :class:`Form`, or several as a union that msgspec can tell apart.
        where: the place, for error texts, such as ``bundle``.
        error: the exception class that is raised when the bytes are canonical and yet not of this form.
        inside: the path of the field that ``where`` is the name of, if it is not the whole, such as ``.predicate``.
        max_bytes: the largest input that is read.
    """

    __slots__ = ("_decode", "error", "inside", "max_bytes", "where")

    def __init__(
        self, form: type[F], where: str, error: type[ProbatumError], *, inside: str = "", max_bytes: int = MAX_BYTES
    ) -> None:
        self.where, self.error, self.inside, self.max_bytes = where, error, inside, max_bytes
        self._decode = msgspec.json.Decoder(form, dec_hook=_parse).decode

    def __call__(self, data: bytes, where: str = "") -> F:
        """What ``data`` holds.

        Raises:
            CanonicalError: the bytes are not canonical JSON, or more than ``max_bytes``.
            ProbatumError: a field is missing, unknown, of another type or out of bounds: the ``error`` that was asked for.
        """
        if len(data) <= self.max_bytes:
            try:
                made = self._decode(data)
                if _ENCODE(made) == data:
                    return made
            except (msgspec.MsgspecError, ValueError, RecursionError):
                pass
        self._explain(data, where or self.where)

    def _explain(self, data: bytes, where: str) -> NoReturn:
        value = canonical.decode(data, max_bytes=self.max_bytes)  # says where the bytes are not canonical
        try:
            self._decode(data)
        except msgspec.ValidationError as error:
            raise self.error(self._place(error, value, where)) from None
        raise self.error(f"{where}: it does not re-encode to itself: base64 with stray bits, or a field is missing")

    def _place(self, error: msgspec.ValidationError, value: Json, where: str) -> str:
        """``where.field: what was expected``, with what stands there."""
        said, _, path = str(error).partition(" - at `$")
        path, said = path.removesuffix("`"), _FIELD.sub(r"\1 field '\2'", said)
        there = _at(value, path)
        if _ANY_KEY in path:
            path, there = self._name_key(path, value, error)
        shown = "" if "got" in said or there is _NOWHERE or isinstance(there, dict | list) else f", got {there!r:.60}"
        return f"{where}{path.removeprefix(self.inside)}: {said[0].lower()}{said[1:]}{shown}"

    def _name_key(self, path: str, value: Json, error: msgspec.ValidationError) -> tuple[str, object]:
        """``path`` with the key that msgspec leaves out of it, and what stands there. The key is the last of the fewest entries of
        that map with which the ``error`` still comes; ``value`` is used up."""
        before, _, after = path.partition(_ANY_KEY)
        held = _at(value, before)
        if not isinstance(held, dict):
            return path, _NOWHERE
        entries = list(held.items())

        def fails(count: int) -> bool:
            held.clear()
            held.update(entries[:count])
            try:
                self._decode(canonical.encode_parts(value))
            except msgspec.ValidationError as other:
                return str(other) == str(error)
            return False

        key, item = entries[bisect_left(range(1, len(entries)), True, key=fails)]
        return f"{before}[{key!r:.70}]{after}", _at(item, after)


def write(form: Form | tuple[Form, ...]) -> bytes:
    """The canonical bytes of ``form``, or of an array of forms; raises CanonicalError where a string holds a lone surrogate."""
    try:
        return _ENCODE(form)
    except UnicodeEncodeError as error:
        raise canonical.lone_surrogate(error) from None


def _parse(kind: type[Any], text: object) -> Any:
    try:
        return kind.parse(text)
    except ProbatumError as error:
        raise ValueError(str(error)) from None


_FIELD: Final = re.compile(r"Object .*(unknown|missing).* field `(.*)`", re.DOTALL)
_NOWHERE: Final = object()
_ANY_KEY: Final = "[...]"
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def _at(value: Json, path: str) -> object:
    """What stands at a path such as ``.log.proof[3]``."""
    here: Any = value
    for key, index in _STEP.findall(path):
        if isinstance(here, Mapping) and key in here:
            here = here[key]
        elif isinstance(here, list) and index and int(index) < len(here):
            here = here[int(index)]
        else:
            return _NOWHERE
    return here


_ENCODE: Final = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
