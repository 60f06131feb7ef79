"""A corpus finds what an index over the same documents finds, however it grew, and whatever became of its index files."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from probatum.errors import EvidenceRefused, LedgerError
from probatum.evidence.collect import collect
from probatum.evidence.corpus import Corpus, CorpusIndex
from probatum.evidence.corpus.data import Data, load, save
from probatum.evidence.meaning import Embedder
from probatum.evidence.passages import cut
from probatum.evidence.readers import Source
from probatum.evidence.retrieval import Index, Together
from probatum.evidence.static_embedding import StaticEmbedder
from tests.unit.evidence.corpus.conftest import Letters, Place

WORDS = ("river", "city", "bridge", "bakery", "telescope", "harbour", "mayor", "census", "museum", "railway", "orchard", "novel")


def text(chance: random.Random) -> str:
    sentences = [f"The {' '.join(chance.choices(WORDS, k=7))} opened in {chance.randrange(1900, 2000)}." for _ in range(40)]
    return f"# {chance.choice(WORDS).title()}\n\n" + "\n\n".join(" ".join(sentences[at : at + 4]) for at in range(0, 40, 4))


def index_of(place: Place, embedder: Embedder) -> Index:
    """Over the corpus's newest documents, from memory."""
    corpus = place.corpus
    sources = [Source(d.name, d.digest, d.copy_digest, d.reader, corpus.copy(d)) for d in corpus.version().documents]
    return Index([passage for source in sources for passage in cut(source)], embedder)


CLAIMS = [
    (f"The {one} and the {other} opened in 19{number:02}.", "A novel.")
    for number, (one, other) in enumerate(zip(WORDS, WORDS[3:], strict=False))
]


@pytest.mark.parametrize("real", [False, True])
def test_finds_what_an_index_finds(place: Place, real: bool) -> None:
    embedder: Embedder = StaticEmbedder() if real else Letters()
    chance = random.Random(4)  # noqa: S311
    for turn in range(4):  # the corpus grows and changes; at the end more passages than one short list
        place.write(**{f"d{chance.randrange(200)}": text(chance) for _ in range(30)})
        place.corpus.add([place.documents], embedder)
        assert place.corpus.numbers()[-1] == turn + 1
    found, expected = Corpus.open(place.home, "news", embedder), index_of(place, embedder)
    assert found.passages == len(expected._passages) > 512
    assert found.hits(CLAIMS, 5) == expected.hits(CLAIMS, 5)
    assert found.search_many(CLAIMS, 2) == [found.search(*claim, k=2) for claim in CLAIMS]


def test_the_data_does_not_show_how_the_corpus_grew(place: Place, tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311
    for _ in range(3):
        place.write(**{f"d{chance.randrange(9)}": text(chance) for _ in range(5)})
        place.add()
    grown = next((place.home / "corpora/news/index").iterdir())
    other = Place(tmp_path / "other", place.documents)
    other.home.mkdir()
    other.add()
    fresh = next((other.home / "corpora/news/index").iterdir())
    for path in fresh.iterdir():
        assert path.read_bytes() == (grown / path.name).read_bytes(), path.name


def test_a_damaged_or_foreign_index_is_made_again(place: Place) -> None:
    place.write(a="Ada was born in Lyon.\n\nShe makes telescopes.", b="Bob bakes bread.")
    place.add()
    good = Corpus.open(place.home, "news", place.embedder).hits(CLAIMS)
    folder = next((place.home / "corpora/news/index").iterdir())
    for name, content in {
        "spans.npy": (folder / "spans.npy").read_bytes()[:-8],
        "about.json": b'{"made_by":"somebody else","vocabulary":[]}',
        "documents.npy": b"",
        "sentences.npy": b"not an array",
    }.items():
        (folder / name).write_bytes(content)
        assert Corpus.open(place.home, "news", place.embedder).hits(CLAIMS) == good
        assert (folder / name).read_bytes() != content
    (folder / "impacts.npy").unlink()
    assert Corpus.open(place.home, "news", place.embedder).hits(CLAIMS) == good


def test_another_embedder_gets_another_index(place: Place) -> None:
    place.write(a="Ada was born in Lyon.")
    place.add()
    assert Corpus.open(place.home, "news", StaticEmbedder()).search("Ada")[0].source == "a.md"


def test_an_index_that_fits_another_text_is_named(place: Place) -> None:
    place.write(a="Ada was born in Lyon.")
    place.add()
    index = Corpus.open(place.home, "news", place.embedder)
    index._data.spans[0] = (3, 900)
    with pytest.raises(LedgerError, match="remove the folder 'index'"):
        index.search("Ada")


def test_a_folder_that_cannot_be_written_is_searched_all_the_same(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(a="Ada was born in Lyon.")
    place.add()
    for path in (place.home / "corpora/news/index").iterdir():
        (path / "about.json").unlink()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("probatum.evidence.corpus.shelf.tempfile.mkdtemp", refuse)
    assert Corpus.open(place.home, "news", place.embedder).search("Ada")[0].source == "a.md"


def test_an_open_index_outlives_the_next_version(place: Place) -> None:
    place.write(a="Ada was born in Lyon.")
    place.add()
    index = Corpus.open(place.home, "news", place.embedder)
    place.write(a="Ada was born in Graz.")
    place.add()
    assert index.search("Where was Ada born?")[0].text == "Ada was born in Lyon."
    assert len(list((place.home / "corpora/news/index").iterdir())) == 1


def test_documents_without_a_passage(place: Place) -> None:
    place.write(a="<!-- nothing to see -->")
    place.add()
    with pytest.raises(EvidenceRefused, match="corpus news: its documents hold no passage"):
        Corpus.open(place.home, "news", place.embedder)
    place.write(b="Bob bakes bread.", c="<!-- nor here -->")
    place.add()
    assert [passage.source for passage in Corpus.open(place.home, "news", place.embedder).search("Bob")] == ["b.md"]


def test_together_gives_the_best_of_both_and_then_by_score(place: Place) -> None:
    place.write(a="Ada was born in Lyon.", b="Ada makes telescopes in Lyon.", c="Lyon lies on the Rhône.")
    place.add()
    corpus: CorpusIndex = Corpus.open(place.home, "news", place.embedder)
    given = Index([p for source in collect([place.documents / "c.md"]) for p in cut(source)], place.embedder)
    found = Together(given, corpus).search_many([("Ada was born in Lyon.", ""), ("Nothing.", "")], 3)
    assert [passage.source for passage in found[0]] == ["c.md", "a.md", "b.md"]
    assert [len(passages) for passages in found] == [3, 3]


def test_data_loads_as_it_was_saved(tmp_path: Path) -> None:
    sources = [Source(s.name, s.digest, s.copy_digest, s.reader, s.copy) for s in collect([_two(tmp_path)])]
    data = Data.read(sources, Letters())
    save(tmp_path, data, "us")
    again = load(tmp_path, 2, "us")
    assert again is not None
    assert again.words.vocabulary == data.words.vocabulary
    assert np.array_equal(again.vectors.sentences, data.vectors.sentences)
    assert load(tmp_path, 3, "us") is None
    assert load(tmp_path, 2, "them") is None


def _two(folder: Path) -> Path:
    made = folder / "two"
    made.mkdir()
    (made / "a.md").write_text("One. Two.")
    (made / "b.md").write_text("Three.")
    return made
