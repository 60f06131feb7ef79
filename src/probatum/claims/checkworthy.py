"""What is not checkable. Conservative: in doubt a sentence is a claim; a number or a name beside a finite verb makes it one.

The checker asks the same question of text that someone else declared not checkable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from probatum.claims import lexicon as lx
from probatum.claims.draft import NotCheckableReason as Reason
from probatum.claims.phrases import finite_at, is_name
from probatum.claims.words import HEAD, Token, has_alnum, tokens
from probatum.claims.wordset import wordset

_TALK: Final = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|thanks|thank you|cheers|welcome|sure|"
    r"certainly|of course|"
    r"absolutely|no problem|you'?re welcome|great question|good question|excellent question|happy to help|glad (?:to help|"
    r"you asked)|"
    r"best regards|kind regards|regards|sincerely|yours (?:truly|sincerely|faithfully)|best wishes|best|bye|goodbye|"
    r"see you|take care|"
    r"have a (?:great|nice|good|wonderful) \w+|i hope (?:this|that|it) (?:helps|was helpful|answers your question)|"
    r"hope (?:this|that) helps|"
    r"let me know|feel free|please let me know|if you (?:have|need|want|would like|'d like)|i'?d be happy|i'?m happy|"
    r"happy to|i'?m sorry|"
    r"sorry|i apologi[sz]e|as an ai|okay|ok|well|alright|yes|no|exactly|right|got it|understood|"
    r"hallo|guten (?:tag|morgen|abend)|danke|bonjour|merci|salut|hola|gracias|ciao|grazie|olá|obrigad[oa]|"
    r"你好|您好|谢谢|こんにちは|ありがとう(?:ございます)?|안녕하세요|감사합니다|привет|спасибо|здравствуйте|مرحبا|شكرا|नमस्ते|धन्यवाद)(?![\w'’])",
    re.IGNORECASE,
)
_META: Final = re.compile(
    r"(?:here(?:'s| is| are| you go)|below (?:is|are|you)|the following|following are|in (?:this|"
    r"the following) (?:article|answer|section|response|post|table|list|summary|document)|"
    r"this (?:article|section|answer|response|summary|document|list|table) (?:will|covers|describes|explains|provides|"
    r"lists|summari[sz]es|gives)|"
    r"(?:in|to) (?:summary|conclusion|summari[sz]e|conclude|sum up)|let(?:'s|’s| us| me)|i(?:'ll| will) (?:explain|"
    r"describe|list|summari[sz]e|outline|provide|go|start|now)|"
    r"(?:some|a few|key|main|important|notable|several) (?:key |main |important |notable |other )*(?:points|facts|"
    r"examples|details|takeaways|features|highlights|events|notes|things|dates)|"
    r"(?:note|notes|sources?|references|summary|example|for example|in short|in other words|tl;?dr|answer|overview|"
    r"details|conclusion))(?![\w'’])",
    re.IGNORECASE,
)
_QUESTION_START: Final = wordset(
    "what who whom whose which when where why how is are was were do does did can could will would should shall may might "
    "have has had am isn't aren't wasn't doesn't don't didn't won't can't any anything ready need want looking curious"
)
_KNOWN: Final = re.compile(r"(?:did|do) you know\b", re.IGNORECASE)
_STANCE: Final = re.compile(
    r"(?:i (?:\w+ly )?(?:think|believe|feel|hope|love|like|hate|prefer|enjoy|would say|'d say|guess|suppose|find|"
    r"recommend|suggest|wish)|in my (?:humble )?(?:opinion|view|experience)|"
    r"imo|imho|personally|to me|if you ask me|my favou?rite|we (?:think|believe|feel|hope|love|recommend|suggest))(?![\w])",
    re.IGNORECASE,
)
_ADVICE: Final = re.compile(
    r"\b(?:you|one|we|people|everyone|everybody|visitors|readers) (?:really |definitely |simply |always |also |"
    r"just )*(?:should|ought|must|need to|have to|can|could|may|might want)\b",
    re.IGNORECASE,
)
_MODALS: Final = wordset("should ought must need have can could may might")
_LINK_ONLY: Final = re.compile(
    r"(?:https?://|ftp://|www\.)\S+|\[?[^\s\[\]]{1,40}\]?:\s*<?(?:https?://|www\.|mailto:|/|#|\./)\S*|doi:\S+|\S+@\S+\.\S+",
    re.IGNORECASE,
)
_SOURCE_LINE: Final = re.compile(
    r"(?:sources?|see also|see|via|references?|read more|more|link|image|photo|credit)\s*:?\s*", re.IGNORECASE
)


def classify(text: str) -> Reason | None:
    """Why ``text`` (one visible sentence) states nothing to check, or None when it is a claim."""
    stripped = text.strip(" \t\r\n*_\"'“”‘’()[]-–—•>#").strip()
    if not has_alnum(stripped):
        return Reason.MARKUP
    if _is_link(stripped):
        return Reason.LINK
    words = [word for word in tokens(stripped[:HEAD]) if word.is_word]
    if _is_question(stripped, words):
        return Reason.QUESTION
    factual = states_fact(stripped)
    for reason, holds in (
        (Reason.GREETING, _is_talk(stripped, words)),
        (Reason.META, _is_meta(stripped, words)),
        (Reason.INSTRUCTION, _is_instruction(stripped, words)),
        (Reason.OPINION, _is_opinion(stripped, words)),
    ):
        if holds and not factual:
            return reason
    return None


def states_fact(text: str) -> bool:
    """Plainly a statement: a finite verb after a subject, with a number or a name, outside the writer's own talk."""
    noting = _NOTING.match(text)
    text = text[noting.end() :] if noting else text
    words = tokens(text[:HEAD])
    verb = next((i for i in range(1, len(words)) if finite_at(words, i) and words[i - 1].is_word), None)
    if verb is None or _is_taste(words):
        return False
    number = any(word.is_number for word in words)
    if _first_is_command(words) and not any(word.lower in ("which", "because", "since", "as", "who") for word in words):
        return False
    stance = _STANCE.match(text)
    if stance:
        words = tokens(text[stance.end() : HEAD])
        return (_has_name(words, 0) and any(finite_at(words, i) for i in range(1, len(words)))) or number
    if words[0].lower in ("i", "you", "we", "let", "here", "if", "feel"):
        return number and not _TALK.match(text) and words[0].lower != "if"
    return number or _has_name(words, 1) or (is_name(words[0]) and words[0].lower not in _TALKERS and verb <= 4)


def states_as_title(text: str) -> bool:
    """Whether a title is a full statement ("Paris has 2 million inhabitants"), not a topic ("How the city was built")."""
    return states_fact(text) and classify(text) is None and not _TOPIC.match(text)


_NOTING: Final = re.compile(
    r"(?:please )?(?:also )?(?:note|remember|keep in mind|recall|notice|(?:did|do) you know)(?: also)? that\s+", re.IGNORECASE
)
_TOPIC: Final = re.compile(r"(?:how|what|why|when|where|who|which)\b", re.IGNORECASE)
_TALKERS: Final = wordset("thanks thank hello hi sure great happy glad good sorry okay ok well feel let here best both all what")


def _has_name(words: Sequence[Token], start: int) -> bool:
    return any(is_name(word) and len(word.text) > 1 for word in words[start:])


def _is_link(text: str) -> bool:
    if len(text) > HEAD or not any(sign in text for sign in (":", "www.", "@")):
        return False
    rest = _LINK_ONLY.sub("", _SOURCE_LINE.sub("", text, count=1) if _SOURCE_LINE.match(text) else text)
    return len(rest) < len(text) and not has_alnum(rest)


def _is_question(text: str, words: Sequence[Token]) -> bool:
    if not text.rstrip("\"'”’)!").endswith(("?", "？", "؟")):
        return False
    if _KNOWN.match(text):
        return False
    if not text.isascii() and not _LATIN.match(text):
        return True
    first = next((word.lower for word in words if word.lower not in ("so", "and", "but", "or", "well", "also", "then", "now")), "")
    return (
        first.replace("’", "'").split("'")[0] in _QUESTION_START
        or first in _QUESTION_START
        or len(words) < 5
        or _PREPOSED.match(text) is not None
    )


_LATIN: Final = re.compile(r"[^A-Za-z]{0,20}[A-Za-z]")
_PREPOSED: Final = re.compile(r"(?:in|at|on|for|to|by|from|with|of|would|if) (?:what|which|whom|who|how|you)\b", re.IGNORECASE)


def _is_meta(text: str, words: Sequence[Token]) -> bool:
    match = _META.match(text)
    if not match:
        return False
    return (
        text.endswith((":", "："))
        or len(words) <= 8
        or text[: match.end()].lower().startswith(("let", "i", "this", "here", "below"))
    )


def _is_talk(text: str, words: Sequence[Token]) -> bool:
    match = _TALK.match(text)
    if not match:
        return False
    opener = match.group().lower()
    if opener in ("yes", "no", "well", "right", "exactly", "best", "welcome", "sure", "dear"):
        return len(words) <= (4 if opener == "dear" else 2)
    return len(words) <= 25 if len(opener) > 4 else len(words) <= 6


def _is_instruction(text: str, words: Sequence[Token]) -> bool:
    if any(word.lower in _MODALS for word in words) and _ADVICE.search(text[:HEAD]):
        return True
    return _first_is_command(words) and not any(finite_at(words, i) for i in range(1, min(len(words), 4)))


def _first_is_command(words: Sequence[Token]) -> bool:
    if not words:
        return False
    plain = [word for word in words[:3] if word.is_word]
    first = plain[0].lower.replace("’", "'") if plain else ""
    if first in ("then", "next", "first", "finally", "also", "please") and len(plain) > 1:
        first = plain[1].lower
    return first in lx.IMPERATIVES and not (len(plain) > 1 and (plain[1].lower in lx.AUXILIARIES or plain[1].lower == "of"))


def _is_opinion(text: str, words: Sequence[Token]) -> bool:
    return _STANCE.match(text) is not None or _is_taste(words)


def _is_taste(words: Sequence[Token]) -> bool:
    """``X is beautiful``: after a form of *be* nothing but judgement and words that carry nothing."""
    be = next((i for i, word in enumerate(words) if word.lower in lx.BE or (word.lower.endswith(("'s", "’s")) and i == 0)), None)
    if be is None or be > 6:
        return False
    rest = [word.lower for word in words[be + 1 :] if word.is_word]
    if not any(word in lx.SUBJECTIVE for word in rest):
        return False
    return all(word in lx.SUBJECTIVE or word in lx.GENERIC or word in _EMPTY or word.endswith("ly") for word in rest)


_EMPTY: Final = wordset("a an the and or but to of in for so this that it i my you with at")
