"""The 518 vectors of transparency-dev/merkle (``../shared/vectors/merkle-rfc6962``), every one of them run.

Their placeholder roots (12 bytes of text, where the code under test only compares) are replaced by their SHA-256, so that equal
stays equal and different stays different. Everything else that is not 32 bytes is refused where a ``Digest`` is made.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import DigestError, LogError

FOLDER = Path(__file__).resolve().parents[3].parent / "shared/vectors/merkle-rfc6962/testdata"
COUNTS = {"inclusion": 98, "consistency": 98, "subtreeinclusion": 204, "subtreeconsistency": 118}


def _cases(kind: str) -> list[Any]:
    files = sorted((FOLDER / kind).rglob("*.json")) if FOLDER.is_dir() else []
    if not files:
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"the RFC 6962 vectors are not there: {FOLDER}"))]
    return [pytest.param(json.loads(file.read_text()), id=str(file.relative_to(FOLDER / kind))) for file in files]


def _digest(text: str) -> Digest:
    data = base64.b64decode(text)
    return Digest.of(data) if data.startswith(b"don't care ") else Digest(data)


def _proof(case: dict[str, Any]) -> list[Digest]:
    return [_digest(item) for item in case["proof"] or []]


def _holds(check: Any, case: dict[str, Any]) -> bool:
    try:
        check(case)
    except (LogError, DigestError):
        return False
    return True


def _inclusion(case: dict[str, Any]) -> None:
    merkle.verify_inclusion(_digest(case["leafHash"]), case["leafIdx"], case["treeSize"], _proof(case), _digest(case["root"]))


def _consistency(case: dict[str, Any]) -> None:
    merkle.verify_consistency(case["size1"], _digest(case["root1"]), case["size2"], _digest(case["root2"]), _proof(case))


def _subtree_inclusion(case: dict[str, Any]) -> None:
    leaf, where = _digest(case["leafHash"]), (case["leafIdx"], case["start"], case["end"])
    merkle.verify_subtree_inclusion(leaf, *where, _proof(case), _digest(case["root"]))


def _subtree_consistency(case: dict[str, Any]) -> None:
    where, proof = (case["start"], case["end"]), _proof(case)
    merkle.verify_subtree_consistency(*where, _digest(case["root1"]), case["size"], _digest(case["root2"]), proof)


@pytest.mark.parametrize("case", _cases("inclusion"))
def test_inclusion(case: dict[str, Any]) -> None:
    assert _holds(_inclusion, case) is not case["wantErr"]


@pytest.mark.parametrize("case", _cases("consistency"))
def test_consistency(case: dict[str, Any]) -> None:
    assert _holds(_consistency, case) is not case["wantErr"]


@pytest.mark.parametrize("case", _cases("subtreeinclusion"))
def test_subtree_inclusion(case: dict[str, Any]) -> None:
    assert _holds(_subtree_inclusion, case) is not case["wantErr"]


@pytest.mark.parametrize("case", _cases("subtreeconsistency"))
def test_subtree_consistency(case: dict[str, Any]) -> None:
    assert _holds(_subtree_consistency, case) is not case["wantErr"]


@pytest.mark.parametrize("kind", COUNTS)
def test_all_vectors_are_there(kind: str) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"the RFC 6962 vectors are not there: {FOLDER}")
    assert len(_cases(kind)) == COUNTS[kind]
