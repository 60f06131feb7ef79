"""Is a passage where its record says? Used by ``probatum audit --evidence``: no model, no network, the sources at hand only."""

from __future__ import annotations

from collections.abc import Sequence

from probatum.evidence.readers import Source
from probatum.evidence.record import Passage


def check_passage(passage: Passage, sources: Sequence[Source]) -> str | None:
    """None if ``passage`` is exactly where its record says in one of ``sources``, otherwise the reason in plain words.

    A source fits by the digest of its file and of its copy; or, when the file given *is* the readable copy, by that digest alone.
    """
    same_file = [source for source in sources if source.digest == passage.source_digest]
    the_copy = [source for source in sources if source.digest == passage.copy_digest]
    fitting = [source for source in same_file if source.copy_digest == passage.copy_digest] + the_copy
    if fitting:
        return _check_range(passage, fitting[0].copy)
    return _other_copy(passage, same_file[0]) if same_file else _not_given(passage, sources)


def _check_range(passage: Passage, copy: bytes) -> str | None:
    where = f"bytes {passage.start} to {passage.end} of {passage.source}"
    if not 0 <= passage.start < passage.end <= len(copy):
        return f"{where} do not exist: its copy has {len(copy)} bytes"
    if copy[passage.start : passage.end] != passage.text.encode("utf-8", "surrogatepass"):
        return f"{where} are not the text that the record says"
    return None


def _other_copy(passage: Passage, source: Source) -> str:
    if source.reader == passage.reader:
        copies = f"{source.copy_digest}, the record says {passage.copy_digest}"
        return f"{passage.source}: {source.reader} makes another copy of this file ({copies})"
    found = passage.text.encode("utf-8", "surrogatepass") in source.copy
    return (
        f"{passage.source}: its copy was made by {passage.reader}, here {source.reader} reads it, so the copy cannot be made again"
        f" (the text does {'' if found else 'not '}occur in the copy made here); give the original copy {passage.copy_digest}"
    )


def _not_given(passage: Passage, sources: Sequence[Source]) -> str:
    same_name = next((source for source in sources if source.name == passage.source), None)
    if same_name is not None:
        digests = f"{same_name.digest}, judged was {passage.source_digest}"
        return f"{passage.source}: the file given has other content ({digests})"
    return f"{passage.source}: no file given has the digest {passage.source_digest}; give it with --evidence"
