"""The literal bytes in ``docs/spec`` are what the code makes, and the bytes of no format have changed."""

from __future__ import annotations

import json
import re

import pytest

from tests.vectors import spec_examples as made

PAGES = sorted(path.name for path in made.SPEC.glob("*.md"))
ELSEWHERE = {"log.md", "merkle.md", "propagation.md"}  # test_spec_pages.py in unit/tlog, test_spec_page.py in unit/ledger
WITHOUT_EXAMPLES = {"README.md"}


def test_every_page_has_its_examples() -> None:
    assert set(PAGES) == made.PAGES.keys() | ELSEWHERE | WITHOUT_EXAMPLES


@pytest.mark.parametrize("page", made.PAGES)
def test_the_examples_are_what_the_code_makes(page: str) -> None:
    text = (made.SPEC / page).read_text("utf-8")
    assert made.BLOCK.findall(text) == made.PAGES[page]()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short(page: str) -> None:
    assert len((made.SPEC / page).read_text("utf-8").splitlines()) <= 120


def test_the_index_names_every_page() -> None:
    index = (made.SPEC / "README.md").read_text("utf-8")
    assert set(re.findall(r"\]\((\w+\.md)\)", index)) == set(PAGES) - {"README.md"}


@pytest.mark.parametrize("name", sorted(json.loads(made.CORE.read_text("utf-8"))))
def test_no_byte_of_a_format_has_changed(name: str) -> None:
    assert made.core()[name] == json.loads(made.CORE.read_text("utf-8"))[name]


def test_every_format_is_pinned() -> None:
    assert made.core().keys() == json.loads(made.CORE.read_text("utf-8")).keys()


def test_the_examples_do_verify() -> None:
    for world in (made.partial(), made.sound(), made.rejected(), made.smallest()):
        assert made.verified(world, world.request.output).verified is not None
