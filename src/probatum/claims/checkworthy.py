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
    r"(?:i hope (?:this|that|it) (?:helps|was helpful|answers your question)|hope (?:this|that) helps|let me know|feel free|"
    r"please let me know|if you (?:have|need|want|would like|'d like) (?:any |more |further |other |additional |some |me to )*"
    r"(?:questions?|help|information|details?|assistance|clarification|\w+ me to)|i'?d be happy|i'?m happy to|happy to help|"
    r"glad (?:to help|you asked)|thank you for|thanks for|as an ai|i apologi[sz]e)(?![\w'’])",
    re.IGNORECASE,
)
#: Words that are talk when hardly anything follows them.
_SHORT_TALK: Final = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|thanks(?! to)|thank you|cheers|welcome|sure|"
    r"certainly|"
    r"of course|absolutely|no problem|you'?re welcome|(?:great|good|excellent) question|best regards|kind regards|"
    r"regards|sincerely|"
    r"yours (?:truly|sincerely|faithfully)|best wishes|best|bye|goodbye|see you|take care|have a (?:great|nice|good|"
    r"wonderful) \w+|"
    r"i'?m sorry|sorry|okay|ok|well|alright|yes|no|exactly|right|got it|understood|hallo|guten (?:tag|morgen|abend)|"
    r"danke|bonjour|"
    r"merci|salut|hola|gracias|ciao|grazie|olá|obrigad[oa]|你好|您好|谢谢|こんにちは|ありがとう(?:ございます)?|안녕하세요|감사합니다|"
    r"привет|спасибо|здравствуйте|مرحبا|شكرا|नमस्ते|धन्यवाद)(?![\w'’])",
    re.IGNORECASE,
)
_META: Final = re.compile(
    r"(?:here(?:'s|’s| is| are| you go)|below (?:is|are|you)|the following|following are|let(?:'s|’s| us)|"
    r"in (?:this|the following) (?:article|answer|section|response|post|table|list|summary|document),? (?:we|i|you)|"
    r"this (?:article|section|answer|response|summary|document|list|table) (?:will|covers|describes|explains|provides|lists|"
    r"summari[sz]es|gives)|i(?:'ll|’ll| will) (?:explain|describe|list|summari[sz]e|outline|provide|go|start|now))(?![\w'’])",
    re.IGNORECASE,
)
#: Labels that say something about the text only when they stand alone or end in a colon.
_LABEL: Final = re.compile(
    r"(?:(?:in|to) (?:summary|conclusion|short|brief|summari[sz]e|conclude|sum up)|(?:some|a few|key|main|important|"
    r"notable|several) "
    r"(?:key |main |important |notable |other )*(?:points|facts|examples|details|takeaways|features|highlights|events|"
    r"notes|things|"
    r"dates)|notes?|sources?|references?|summary|(?:for )?example|in other words|tl;?dr|answer|overview|details|"
    r"conclusion)(?![\w'’])",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(r"[^\W\d_][\w ()'’/\-]{0,40}: ?\S")
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
    r"(?:if [^,]{1,80}, )?(?:you|one|we|people|everyone|everybody|visitors|readers) (?:really |definitely |simply |"
    r"always |also |just )*"
    r"(?:should|ought|must|need to|have to|may want|might want)\b",
    re.IGNORECASE,
)
_LINK_ONLY: Final = re.compile(
    r"(?:https?://|ftp://|www\.)\S+|\[?[^\s\[\]]{1,40}\]:\s*<?\S+|doi:\S+|\S+@\S+\.\S+",
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
    if _FIELD.match(stripped) and not stripped.endswith(":"):  # "Answer: Germany", "Type: Public"
        return None
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
    if _first_is_command(words) and not (number and verb > 3) and not any(word.lower in _REASONS for word in words):
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


_REASONS: Final = wordset("which because since as who")
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
    colon = text.endswith((":", "："))
    if _LABEL.match(text):
        return colon or (len(words) <= 3 and not any(word.is_number for word in words))
    return _META.match(text) is not None and (colon or len(words) <= 14)


def _is_talk(text: str, words: Sequence[Token]) -> bool:
    if _TALK.match(text):
        return len(words) <= 25
    match = _SHORT_TALK.match(text)
    if match is None or any(word.is_number for word in words):
        return False
    rest = sum(word.start >= match.end() for word in words)  # "No songs are visual" is no answer, "Hello there" is a greeting
    return rest <= (2 if " " in match.group() or match.group().lower() in _SALUTES else 0)


_SALUTES: Final = wordset("hi hello hey dear thanks greetings")


def _is_instruction(text: str, words: Sequence[Token]) -> bool:
    if _ADVICE.match(text):
        return True
    return _first_is_command(words) and not any(finite_at(words, i) for i in range(1, min(len(words), 4)))


def _first_is_command(words: Sequence[Token]) -> bool:
    if not words:
        return False
    plain = [word for word in words[:3] if word.is_word]
    first = plain[0].lower.replace("’", "'") if plain else ""
    if first in ("then", "next", "first", "finally", "also", "please") and len(plain) > 1:
        first = plain[1].lower
    if first not in lx.IMPERATIVES:
        return False
    second = plain[1].lower if len(plain) > 1 else "it"
    return (
        second not in lx.AUXILIARIES
        and second != "of"
        and not (second.endswith("s") and plain[1].text == second and len(second) > 4)
    )


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
