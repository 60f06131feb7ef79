"""RFC 8785: the author's published vectors, through our encoder where its domain reaches, and through an independent one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rfc8785

from probatum.encoding import canonical
from probatum.errors import CanonicalError

FOLDER = Path(__file__).parents[3] / "shared" / "vectors" / "jcs" / "testdata"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published JCS vectors are not in {FOLDER}")

OURS = ("arrays", "unicode")
REFUSED = {  # outside the domain of signed payloads: refused by name rather than written in a form others may read differently
    "french": "is not ASCII text",
    "structures": "a float cannot stand",
    "values": "a float cannot stand",
    "weird": "is not ASCII text",
}


def read(kind: str, name: str) -> bytes:
    return (FOLDER / kind / f"{name}.json").read_bytes()


def test_every_vector_is_used() -> None:
    assert sorted(path.stem for path in (FOLDER / "input").glob("*.json")) == sorted([*OURS, *REFUSED])


@pytest.mark.parametrize("name", [*OURS, *REFUSED])
def test_the_independent_encoder_gives_the_published_bytes(name: str) -> None:
    """So that the property test, which compares ours with it, compares with RFC 8785."""
    expected = bytes.fromhex((FOLDER / "outhex" / f"{name}.txt").read_text())
    assert rfc8785.dumps(json.loads(read("input", name))) == expected == read("output", name)


@pytest.mark.parametrize("name", OURS)
def test_ours_gives_the_published_bytes(name: str) -> None:
    value = json.loads(read("input", name))
    assert canonical.encode(value) == read("output", name)
    assert canonical.decode(read("output", name)) == value


@pytest.mark.parametrize("name", OURS)
def test_ours_refuses_the_input_as_it_stands(name: str) -> None:
    with pytest.raises(CanonicalError, match="not canonical"):
        canonical.decode(read("input", name))


@pytest.mark.parametrize("name", REFUSED)
def test_ours_refuses_by_name(name: str) -> None:
    with pytest.raises(CanonicalError, match=REFUSED[name]):
        canonical.encode(json.loads(read("input", name)))


@pytest.mark.parametrize("name", ["french", "values", "weird"])
def test_ours_refuses_the_published_output_too(name: str) -> None:
    with pytest.raises(CanonicalError, match=REFUSED[name]):
        canonical.decode(read("output", name))


def test_the_refused_files_match_once_what_is_outside_our_domain_is_taken_out() -> None:
    """structures.json holds one float, 56.0, which JCS writes 56; values.json a list of them."""
    structures = json.loads(read("input", "structures"), parse_float=lambda text: int(float(text)))
    assert canonical.encode(structures) == read("output", "structures")
    values = json.loads(read("input", "values"))
    del values["numbers"]
    numbers = b'"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
    assert canonical.encode(values) == read("output", "values").replace(numbers, b"")
