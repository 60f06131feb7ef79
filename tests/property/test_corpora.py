"""Corpora: what a version holds does not depend on how files came in, and no content is ever lost or doubled."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.encoding.digest import Digest
from probatum.evidence.bm25 import Bm25, Postings
from probatum.evidence.corpus import files
from probatum.evidence.corpus.files import Known
from probatum.evidence.corpus.manifest import Document, Version
from probatum.evidence.corpus.settle import Settled, settle

PATHS = st.sampled_from([f"/{folder}/{name}" for folder in "pqr" for name in ("a.md", "b.md", "c.txt")])
CONTENTS = st.integers(0, 6)
FOUND = st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=6)


def known(path: str, content: int) -> Known:
    digest = Digest.of(bytes([content]))
    return Known("stamp", Document(path.rpartition("/")[2], digest, digest, "text/1", 1))


def add(before: Settled, found: dict[str, int], *, only: bool = False) -> Settled:
    return settle(before.documents, before.files, {path: known(path, content) for path, content in found.items()}, only=only)


NOTHING = Settled((), {}, ())


@settings(deadline=None)
@given(st.lists(st.tuples(FOUND, st.booleans()), min_size=1, max_size=6))
def test_every_content_is_there_once_under_its_own_name(additions: list[tuple[dict[str, int], bool]]) -> None:
    state = NOTHING
    for found, only in additions:
        before, state = state, add(state, found, only=only)
        digests = [document.digest for document in state.documents]
        names = [document.name for document in state.documents]
        assert {Digest.of(bytes([content])) for content in found.values()} <= set(digests)
        assert len(set(digests)) == len(digests)
        assert names == sorted(set(names))
        if only:
            assert len(digests) == len(set(found.values()))
        owners = [one.document for one in state.files.values() if one.owner]
        assert len({document.name for document in owners}) == len(owners)
        assert set(owners) <= set(state.documents)
        kept = {document for document in before.documents if document in state.documents or document.name in names}
        assert only or kept == set(before.documents) or state.same  # only content that became double is dropped
        assert add(state, found).documents == state.documents
        Version("a", 1, None, 0, state.documents).encode()


@settings(deadline=None)
@given(FOUND, FOUND)
def test_a_changed_file_keeps_its_name(first: dict[str, int], second: dict[str, int]) -> None:
    state = add(NOTHING, first)
    names = {path: one.document.name for path, one in state.files.items() if one.owner}
    after = add(state, {path: content + 100 for path, content in second.items()})
    for path in second:
        if path in names and after.files[path].owner:
            assert after.files[path].document.name == names[path]


@settings(deadline=None)
@given(FOUND)
def test_what_is_remembered_can_be_saved_and_lost(found: dict[str, int]) -> None:
    with TemporaryDirectory() as folder:
        there = {os.path.join(folder, path.replace("/", "_")): content for path, content in found.items()}
        for path in there:
            Path(path).touch()
        state = add(NOTHING, there)
        files.save(Path(folder) / "files.json", state.files)
        assert files.load(Path(folder) / "files.json") == state.files
    assert files.load(Path(folder) / "files.json") == {}
    assert add(Settled(state.documents, {}, ()), there).documents == state.documents


DOCUMENTS = st.lists(st.lists(st.sampled_from(["a", "b", "ü", "東京", "1977"]), max_size=8), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, DOCUMENTS, st.randoms(use_true_random=False))
def test_postings_that_are_joined_are_those_that_would_be_counted(one: list[list[str]], two: list[list[str]], chance) -> None:  # type: ignore[no-untyped-def]
    picked = [(part, at) for part, documents in enumerate((one, two)) for at in range(len(documents)) if chance.random() < 0.7]
    chance.shuffle(picked)
    places = [np.full(len(documents), -1, np.int64) for documents in (one, two)]
    for number, (part, at) in enumerate(picked):
        places[part][at] = number
    joined = Postings.merge([(Postings.count(one), places[0]), (Postings.count(two), places[1])], len(picked))
    counted = Postings.count([(one, two)[part][at] for part, at in picked])
    assert joined.vocabulary == counted.vocabulary
    for name in ("starts", "documents", "counts", "lengths"):
        assert getattr(joined, name).tolist() == getattr(counted, name).tolist()
        assert getattr(joined, name).dtype == getattr(counted, name).dtype
    assert Bm25(joined).scores({"a": 1.0}).tolist() == Bm25(counted).scores({"a": 1.0}).tolist()
