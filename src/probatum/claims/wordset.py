"""Word lists, written as running text."""

from __future__ import annotations


def wordset(words: str) -> frozenset[str]:
    """The words of a text separated by spaces."""
    return frozenset(words.split())
