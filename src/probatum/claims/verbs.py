"""Whether a second verb surely stands beside the first under one subject: form, tense, and nothing between that could own it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from probatum.claims import lexicon as lx
from probatum.claims.words import Token, is_negation, key
from probatum.claims.wordset import wordset

_GIVING: Final = wordset(
    "given awarded named called elected appointed granted offered paid titled declared dubbed nicknamed crowned inducted "
    "told taught made"
)
_DESCRIBING: Final = wordset("based located named called known situated titled entitled dubbed nicknamed set")
_IN_GROUP: Final = wordset("been being be best well since")


def verb_form(word: Token) -> bool:
    """Any past or participle form, adjectives in -ed and words in -ing included; never a capitalised word."""
    lower = word.lower
    if word.is_capital:
        return False
    known = lower in lx.PAST or lower in lx.PARTICIPLES
    return known or (lower.endswith("ed") and len(lower) > 3) or (lower.endswith("ing") and len(lower) > 5)


def reaches_over(left: Sequence[Token], verb: int) -> bool:
    """Whether something in the first clause could hold for, or own, a verb that follows it.

    Negations, *only*, alternatives and comparisons have scope; a subordinate clause or a participle ("a book written by A and
    published by B") may be what the second verb belongs to. *-ing* forms cannot own a finite verb.
    """
    if any(is_negation(key(word.text)) or word.lower in ("than", "or", ":", "only") for word in left):
        return True
    if sum(word.lower == "as" for word in left) > 1:  # "as large as"
        return True
    after = left[verb + 1 :]
    if left[verb].lower in ("has", "have", "had") and after and after[0].lower == "since":
        after = after[1:]
    return any(word.lower in lx.SUBORDINATORS for word in after) or _participle_inside(after)


def _participle_inside(words: Sequence[Token]) -> bool:
    start = 0
    while start < len(words) and (words[start].lower in lx.ADVERBS | _IN_GROUP or words[start].lower.endswith("ly")):
        start += 1
    if start < len(words) and verb_form(words[start]):  # the rest of the verb group: "was born", "has received"
        start += 1
    return any(verb_form(word) and not word.lower.endswith("ing") for word in words[start:])


def is_complete(left: Sequence[Token], verb: int) -> bool:
    """The first verb has its own object or complement: "designed and built the bridge" shares one and must stay whole."""
    rest = [word for word in left[verb + 1 :] if word.is_word and word.lower not in lx.ADVERBS]
    while rest and verb_form(rest[0]):
        rest = rest[1:]
    if not rest:
        return False
    last = rest[-1].lower
    dangling = last in lx.PREPOSITIONS or last in lx.DETERMINERS - {"this", "that"} or last in ("to", "as", "more", "most")
    return not dangling and not verb_form(rest[-1]) and not last.endswith("ly")


def same_tense(left: Sequence[Token], verb: int, right: Sequence[Token]) -> bool:
    """Whether ``right`` opens with a finite verb that the subject of ``left[verb]`` can have."""
    start = 0
    while start < len(right) - 1 and (right[start].lower in lx.ADVERBS or right[start].lower.endswith("ly")):
        start += 1
    if start >= len(right) - 1:
        return False
    first, second, following = left[verb].lower, right[start], right[start + 1]
    if second.is_capital:
        return False
    if second.lower in lx.AUXILIARIES:
        return second.lower in ("is", "are", "was", "were", "has", "have") and _agrees(first, second.lower)
    if first in lx.PRESENT or first in ("is", "has") or first in lx.PRESENT_OR_NOUN:
        return _present(second, following) or is_past(second, following, passive=True)
    passive = first in lx.BE and verb + 1 < len(left) and _passive(left[verb + 1 :])
    return is_past(second, following, passive=passive or first in ("has", "have", "had"))


def _agrees(first: str, second: str) -> bool:
    """A plural form beside a singular one shows another subject."""
    plural = {"are", "were", "have"}
    return (first in plural) == (second in plural) or first not in lx.AUXILIARIES


def _passive(words: Sequence[Token]) -> bool:
    head = next((word for word in words if word.lower not in lx.ADVERBS and not word.lower.endswith("ly")), None)
    return head is not None and verb_form(head)


def _present(second: Token, following: Token) -> bool:
    if second.lower in lx.PRESENT_SURE:
        return following.is_word
    return second.lower in lx.PRESENT_OR_NOUN and following.lower in lx.POSSESSIVES_OR_ARTICLES


def is_past(second: Token, following: Token, *, passive: bool) -> bool:
    """Whether ``second`` is a past tense and not a participle. Under a ``passive`` (or perfect) first verb only sure signs count:
    "was born in A and raised in B" shares its *was*, but "was born in A and won the prize" does not."""
    lower = second.lower
    regular = lower.endswith("ed") and len(lower) > 3 and lower not in lx.NOT_PAST
    if second.is_capital or (lower not in lx.PAST and not regular):
        return False
    object_follows = following.lower in lx.DETERMINERS or following.is_capital or following.is_number
    if passive:
        return (lower in lx.PAST_ONLY or lower in lx.INTRANSITIVE_PAST or object_follows) and lower not in _GIVING
    if lower in lx.UNCLEAR_PAST or lower in _DESCRIBING:
        return object_follows
    return following.is_word
