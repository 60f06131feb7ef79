"""Retrieval finds the passage among many, the same way every time."""

from collections.abc import Sequence

import numpy as np
import pytest

from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused, ValidatorUnavailable
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.evidence.record import Passage
from probatum.evidence.retrieval import Floats, Index
from probatum.evidence.static_embedding import StaticEmbedder


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


def corpus(texts: dict[str, str]) -> list[Passage]:
    return [passage for name, text in texts.items() for passage in cut(read_source(name, text.encode()))]


HUNDREDS = {
    f"city{number}.txt": f"City number {number} has {number * 1000} inhabitants and lies on the river {number}."
    for number in range(400)
}
FACTS = {
    "ada.md": "# Ada Smith\n\nShe was born in 1950 in Lyon.\n\n## Work\n\nIn 1980 she founded a company that makes telescopes.",
    "bob.md": "# Bob Jones\n\nHe was born in 1961 in Graz.\n\n## Work\n\nIn 1990 he founded a bakery.",
    "jp.md": "東京は日本の首都である。人口は約千四百万人である。",
    "th.md": "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย",
}


@pytest.mark.parametrize("semantic", [True, False])
@pytest.mark.parametrize(
    ("claim", "context", "source", "part"),
    [
        ("City number 123 has 123,000 inhabitants.", "", "city123.txt", "123000"),
        ("Ada Smith was born in Lyon in 1951.", "", "ada.md", "Lyon"),
        ("Bob Jones founded a bakery.", "", "bob.md", "bakery"),
        ("She founded a company in 1980.", "Ada Smith is an astronomer.", "ada.md", "telescopes"),
        ("日本の首都は大阪である。", "", "jp.md", "東京"),
        ("เมืองหลวงของไทยคือกรุงเทพ", "", "th.md", "กรุงเทพ"),
    ],
)
def test_finds_the_passage_among_hundreds(
    embedder: StaticEmbedder, semantic: bool, claim: str, context: str, source: str, part: str
) -> None:
    index = Index(corpus(HUNDREDS | FACTS), embedder if semantic else None)
    best = index.search(claim, context)[0]
    assert best.source == source
    assert part in best.text
    assert best.method == ("bm25+static" if semantic else "bm25")


def test_paraphrase_without_a_common_word_is_found(embedder: StaticEmbedder) -> None:
    index = Index(
        corpus({"a.txt": "Physicians recommend daily exercise.", "b.txt": "The bridge was painted red.", "c.txt": "Prices rose."}),
        embedder,
    )
    assert index.search("Doctors advise working out every day")[0].source == "a.txt"


def test_ties_keep_the_order_of_the_corpus_and_batches_change_nothing(embedder: StaticEmbedder) -> None:
    found = corpus(HUNDREDS)
    for index in (Index(found, None), Index(found, embedder)):
        claims = [(f"River {number}", "") for number in range(40)]
        assert index.search_many(claims) == [index.search(*claim) for claim in claims]
    assert [passage.source for passage in Index(found, None).search("nothing in common whatsoever")] == [
        "city0.txt",
        "city1.txt",
        "city2.txt",
    ]


def passage(text: str, start: int, end: int, copy: bytes = b"x") -> Passage:
    return Passage("a.txt", Digest.of(copy), Digest.of(copy), "text/1", start, end, text, "")


def test_overlapping_and_repeated_passages_come_last() -> None:
    items = [passage("red fox", 0, 10), passage("red fox jumps", 2, 12), passage("red fox", 0, 10, b"y"), passage("blue", 50, 60)]
    assert [(item.start, item.copy_digest == Digest.of(b"x")) for item in Index(items, None).search("red fox", k=4)][:2] == [
        (0, True),
        (50, True),
    ]
    assert len(Index(items, None).search("red fox", k=4)) == 4
    assert len(Index(items, None).search("red fox", k=9)) == 4


def test_many_repetitions_do_not_hide_another_passage() -> None:
    """More of them than are scored exactly at first."""
    items = [passage("All rights are reserved.", 0, 24, str(number).encode()) for number in range(1100)]
    found = Index([*items, passage("Bob bakes bread.", 0, 16)], None).search("All rights are reserved.", k=3)
    assert [item.text.split()[0] for item in found] == ["All", "Bob", "All"]
    assert found[2].copy_digest == Digest.of(b"1")


def test_empty_corpus_and_bad_k_are_refused() -> None:
    with pytest.raises(EvidenceRefused, match="no passage"):
        Index([], None)
    with pytest.raises(ValueError, match="at least 1"):
        Index([passage("a", 0, 1)], None).search("a", k=0)


def test_claims_without_a_term_still_get_passages(embedder: StaticEmbedder) -> None:
    assert len(Index(corpus(FACTS), embedder).search("?!", k=2)) == 2
    assert Index(corpus(FACTS), embedder).search_many([]) == []


class Sparse:
    """An embedder that knows nothing: all vectors zero."""

    def embed(self, texts: Sequence[str]) -> Floats:
        return np.zeros((len(texts), 4), np.float32)


def test_zero_vectors_leave_the_words_to_decide() -> None:
    assert Index(corpus(FACTS), Sparse()).search("bakery")[0].source == "bob.md"


def test_embedding_shapes_and_lengths(embedder: StaticEmbedder) -> None:
    vectors = embedder.embed(["Doctors advise", "", "Physicians recommend", "a red bridge"])
    assert (vectors.dtype, vectors.shape) == (np.float32, (4, embedder.width))
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 0, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[3]
    tokens = embedder.token_vectors("Doctors advise")
    assert tokens.shape[1] == embedder.width
    mean = tokens.mean(axis=0)
    assert mean / np.linalg.norm(mean) == pytest.approx(vectors[0], abs=1e-5)
    assert embedder.token_vectors("").shape == (0, embedder.width)
    assert embedder.embed([]).shape == (0, embedder.width)


def test_changed_table_is_refused(embedder: StaticEmbedder, tmp_path_factory: pytest.TempPathFactory) -> None:
    from importlib.resources import files
    from pathlib import Path
    from shutil import copy, copytree

    weights = Path(str(files("probatum.weights")))
    root = tmp_path_factory.mktemp("weights")
    copytree(weights / "static", root / "static")
    with pytest.raises(ValidatorUnavailable, match=r"manifest\.json"):
        StaticEmbedder(root / "static")
    copy(weights / "manifest.json", root)
    assert StaticEmbedder(root / "static").width == embedder.width
    table = bytearray((root / "static" / "scale.npy").read_bytes())
    table[-1] ^= 1
    (root / "static" / "scale.npy").write_bytes(table)
    with pytest.raises(ValidatorUnavailable, match=r"scale\.npy has the digest"):
        StaticEmbedder(root / "static")
