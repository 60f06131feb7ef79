"""The record's bytes, and that nothing but the exact record is read back."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.errors import BundleError, CanonicalError
from probatum.evidence.record import EvidenceRecord, Passage, check_texts

COPY = "Ada was born in 1950. She died."
PASSAGE = Passage("a.txt", Digest.of(COPY.encode()), Digest.of(COPY.encode()), "text/1", 0, 21, COPY[:21], "bm25+static")
RECORD = EvidenceRecord((PASSAGE,))
TEXTS = check_texts({str(PASSAGE.text_digest): PASSAGE.text}, "texts")


def test_literal_bytes_and_hash() -> None:
    copy = b"sha256:dfbc687ccd53fe811a61ab8e1ba77c4143684415080af6141607931d242bdd3a"
    text = b"sha256:5999d1ddd245c904148237357c03935d6794ce400ab30ab988a727784351e3b5"
    data = (
        b'{"passages":[{"copy":"'
        + copy
        + b'","end":21,"method":"bm25+static","reader":"text/1","sha256":"'
        + copy
        + b'","source":"a.txt","start":0,"text_sha256":"'
        + text
        + b'"}]}'
    )
    assert RECORD.encode() == data
    assert str(RECORD.hash) == "sha256:1a6f2efc0ce5de4dce1dfc9d87ca22ffab87f4a62c79d26a89a0eee77236ba6d"


def test_round_trip() -> None:
    assert EvidenceRecord.decode(RECORD.encode(), TEXTS) == RECORD


def edited(change: Callable[[dict[str, Any]], Any]) -> Any:
    value: Any = canonical.decode(RECORD.encode())
    change(value["passages"][0])
    return value


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("missing field .method", lambda p: p.pop("method")),
        ("unknown field .extra", lambda p: p.update(extra=1)),
        ("start", lambda p: p.update(start=-1)),
        ("start", lambda p: p.update(start=True)),
        ("start", lambda p: p.update(start="0")),
        ("end", lambda p: p.update(end=0)),
        ("end", lambda p: p.update(end=22)),
        ("copy", lambda p: p.update(copy="sha256:" + "A" * 64)),
        ("copy", lambda p: p.update(copy=str(Digest.of(b"other")))),
        ("sha256", lambda p: p.update(sha256="md5:00")),
        ("source", lambda p: p.update(source="../a.txt")),
        ("source", lambda p: p.update(source="/a.txt")),
        ("source", lambda p: p.update(source="a\u202e.txt")),
        ("source", lambda p: p.update(source=None)),
        ("reader", lambda p: p.update(reader="")),
        ("reader", lambda p: p.update(reader="text/1\n")),
        ("method", lambda p: p.update(method="x" * 129)),
        ("method", lambda p: p.update(method="\x1b[2J")),
        ("text_sha256", lambda p: p.update(text_sha256=str(Digest.of(b"absent")))),
    ],
)
def test_wrong_field_is_refused_by_name(field: str, change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(BundleError, match=field):
        EvidenceRecord.decode(canonical.encode(edited(change)), TEXTS)


def test_an_integer_out_of_range_is_refused() -> None:
    with pytest.raises(CanonicalError, match="beyond 2"):
        EvidenceRecord.decode(RECORD.encode().replace(b'"end":21', b'"end":%d' % 2**53), TEXTS)


@pytest.mark.parametrize("value", [None, [], {}, {"passages": []}, {"passages": {}}, {"passages": [1]}, {"passages": [], "x": 1}])
def test_wrong_shape_is_refused(value: Any) -> None:
    with pytest.raises(BundleError, match="evidence record"):
        EvidenceRecord.decode(canonical.encode(value), TEXTS)


def test_text_swapped_under_its_digest_is_refused() -> None:
    with pytest.raises(BundleError, match="hashes to"):
        check_texts({str(PASSAGE.text_digest): "Ada was born in 1951."}, "bundle.texts")


def test_a_text_under_something_that_is_no_digest_is_refused() -> None:
    with pytest.raises(BundleError, match=r"'a\.txt' hashes to"):
        check_texts({"a.txt": PASSAGE.text}, "bundle.texts")


def test_importing_the_record_loads_no_model_library() -> None:
    heavy = "('numpy', 'tokenizers', 'pypdf', 'selectolax')"
    code = f"import sys, probatum.evidence.record; print([name for name in {heavy} if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)  # noqa: S603
    assert run.stdout.strip() == "[]"
