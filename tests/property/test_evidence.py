"""Evidence: ranges are exact, records are injective and strict."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from probatum.encoding.digest import Digest
from probatum.errors import BundleError, EvidenceRefused
from probatum.evidence.names import name_problem, safe_name
from probatum.evidence.passages import MOST, cut
from probatum.evidence.readers import read_source
from probatum.evidence.record import EvidenceRecord, Passage, check_texts
from probatum.evidence.tidy import tidy
from probatum.frozen import replace

PIECES = st.sampled_from(
    [
        "# Head\n",
        "\n",
        "\n\n",
        "Word ",
        "A sentence. ",
        "- item\n",
        "| a | b |\n",
        "```\n",
        "<!-- x -->\n",
        "---\n",
        "東京。",
        "ü",
        "\r\n",
        "\ufeff",
        "𝔘",
        " ",
        "e\u0301",
        "“q.” ",
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=60).map("".join), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)
)
NAMES = st.text(min_size=1, max_size=60).map(safe_name)
LABELS = st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)


@given(TEXTS, st.sampled_from(["a.txt", "a.md"]))
def test_ranges_reproduce_the_text_exactly(text: str, name: str) -> None:
    try:
        source = read_source(name, text.encode())
    except EvidenceRefused:
        return
    passages = cut(source)
    for passage in passages:
        assert source.copy[passage.start : passage.end].decode() == passage.text
        assert passage.text.strip() == passage.text != ""
        assert len(passage.text.split()) <= MOST + 10
    assert [(p.start, p.end) for p in passages] == sorted((p.start, p.end) for p in passages)


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=12), min_size=1, max_size=400))
def test_every_word_of_plain_text_is_in_some_passage(words: list[str]) -> None:
    text = " ".join(word + ("." if number % 9 == 8 else "") for number, word in enumerate(words))
    covered = bytearray(len(text))
    for passage in cut(read_source("a.txt", text.encode())):
        covered[passage.start : passage.end] = b"\x01" * (passage.end - passage.start)
    assert all(flag or letter == " " for flag, letter in zip(covered, text, strict=True))


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    text = draw(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
    start = draw(st.integers(0, 2**40))
    reader = draw(LABELS.filter(lambda label: not label.startswith(("text/", "markdown/"))))
    end = start + len(text.encode())
    return Passage(draw(NAMES), draw(DIGESTS), draw(DIGESTS), reader, start, end, text, draw(LABELS))


RECORDS = st.lists(passages(), min_size=1, max_size=4).map(lambda items: EvidenceRecord(tuple(items)))


def texts_of(record: EvidenceRecord) -> dict[str, str]:
    return {str(passage.text_digest): passage.text for passage in record.passages}


@given(RECORDS)
def test_record_round_trips_through_its_bytes(record: EvidenceRecord) -> None:
    data = record.encode()
    again = EvidenceRecord.decode(data, check_texts(texts_of(record), "texts"))
    assert again == record
    assert again.hash == record.hash == Digest.of(data)


CHANGES: dict[str, Any] = {
    "source": lambda passage: passage.source + "x",
    "source_digest": lambda passage: Digest(bytes([passage.source_digest[0] ^ 1]) + passage.source_digest[1:]),
    "copy_digest": lambda passage: Digest(passage.copy_digest[:-1] + bytes([passage.copy_digest[-1] ^ 128])),
    "reader": lambda passage: passage.reader + "x",
    "start": lambda passage: passage.start + 1,
    "end": lambda passage: passage.end + 1,
    "text": lambda passage: passage.text + "x",
    "method": lambda passage: passage.method + "x",
}


@given(RECORDS, st.sampled_from(sorted(CHANGES)), st.data())
def test_changing_any_field_changes_the_hash(record: EvidenceRecord, field: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(record.passages) - 1))
    changed = list(record.passages)
    changed[at] = replace(changed[at], **{field: CHANGES[field](changed[at])})
    assert EvidenceRecord(tuple(changed)).hash != record.hash


@given(RECORDS, st.data())
def test_changing_a_text_without_its_digest_is_refused(record: EvidenceRecord, data: st.DataObject) -> None:
    victim = data.draw(st.sampled_from(record.passages))
    texts = texts_of(record) | {str(victim.text_digest): victim.text + "x"}
    try:
        check_texts(texts, "texts")
    except BundleError:
        return
    raise AssertionError("a swapped text was accepted")


@given(st.text(max_size=700) | st.text(alphabet="./\\ab:\x00\u202e", max_size=700))
def test_safe_names_are_safe(raw: str) -> None:
    name = safe_name(raw)
    assert name_problem(name) is None
    assert safe_name(name) == name


@given(st.text(max_size=300))
def test_tidy_is_idempotent_and_encodable(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    once.encode("utf-8")
