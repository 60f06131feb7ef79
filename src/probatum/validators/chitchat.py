"""Taking talk off a claim before it is judged: greetings, "I think", "did you know that", "right?".

Such words carry no fact, yet they lower the share of a claim that evidence covers. Only closed lists of words are taken off,
never a negation, a doubt or anything with a name or a number in it; a claim that is nothing but talk stays as it is.
"""

from __future__ import annotations

import re

_LEAD = (
    r"(?:yes|yeah|yep|yup|sure|right|exactly|indeed|absolutely|definitely|certainly|of course|true|correct|ok|okay|oh|ah|wow|hey|hi"
    r"|hello|well|haha|lol|hmm|um|no|nope|great question|good question|fun fact|good point|cool|nice|interesting|so|anyway|actually"
    r"|honestly|basically|oh wow|oh yes|oh yeah|yes indeed|thanks|thank you|sure thing|no problem|me too|i see|i know|you know"
    r"|i agree)"
)
_STANCE = (
    r"(?:(?:and |but |so |well |yes |yeah )?"
    r"(?:i (?:also )?(?:think|believe|guess|suppose|know|heard|read|understand|remember|see|agree|imagine)"
    r"|i(?:'ve| have) (?:heard|read)|i'm (?:pretty )?sure|i am (?:pretty )?sure"
    r"|as far as i know|from what i (?:know|understand|have read)"
    r"|(?:do|did) you know|have you heard|it (?:turns out|seems|looks like)|apparently|in fact|as you may know|you may know)"
    r"(?: that)?,? )"
)
_TAIL = (
    r"(?:right|you know|i think|i believe|i guess|i suppose|i heard|as far as i know|apparently|indeed|haha|lol|actually|"
    r"isn't it|wasn't it|aren't they|weren't they|doesn't it|don't you think|is that right|correct)"
)
_REACTION = re.compile(
    r"(?:(?:oh|wow|yes|yeah|no|well|haha|and|but|so|ah|i|you|we|it|that|this|what|how|is|are|was|'s|s|'m|am|do|does|did|have|has|'ve"
    r"|would|will|'d|'ll|can|know|think|guess|see|agree|understand|love|like|hear|heard|wonder|hope|wish|feel|say|tell|mean|about|to"
    r"|for|of|a|an|the|very|really|pretty|quite|too|also|just|all|lot|lots|bit|me|my|your|yours|same|here|there|good|great|nice|cool"
    r"|awesome|amazing|interesting|fascinating|incredible|impressive|crazy|wild|fun|funny|sad|sorry|glad|happy|surprising|surprised"
    r"|sure|right|true|point|question|idea|fact|thing|stuff|one|thanks|thank|indeed|exactly|please|much|more|lucky)\b[\s,]*)+[.!?]+"
)
_OPENING = re.compile(rf"^(?:{_LEAD}\s*[,.!:;…]+\s+(?!\d))+", re.IGNORECASE)
_STANDING = re.compile(rf"^{_STANCE}", re.IGNORECASE)
_CLOSING = re.compile(rf"\s*,\s*{_TAIL}\s*[.!?]*$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[^\W_]{2,}")
_ROUNDS = 3
_LEAST_WORDS = 3


def without_talk(claim: str) -> str:
    """The claim without openings, stances, closings and reactions that state nothing, as long as enough is left; single spaces.

    A claim that asks ("did you know that ...?") is returned as the statement that it presupposes.
    """
    found = " ".join(_without_reactions(" ".join(claim.split())).split())
    for _ in range(_ROUNDS):
        shorter = _CLOSING.sub("", _STANDING.sub("", _OPENING.sub("", found)))
        if shorter == found or len(_WORD.findall(shorter)) < _LEAST_WORDS:
            break
        found = shorter
    if found == " ".join(claim.split()):
        return found
    found = found.rstrip("?! ")
    return found if found.endswith((".", '"')) else found + "."


def _without_reactions(claim: str) -> str:
    """Leading and trailing sentences made of reaction words only go, as long as another sentence is left."""
    parts = _SENTENCE.split(claim)
    while len(parts) > 1 and _REACTION.fullmatch(parts[0].lower()) and not parts[1][:1].isdigit():  # "No. 5" is a name
        parts = parts[1:]
    while len(parts) > 1 and _REACTION.fullmatch(parts[-1].lower()):
        parts = parts[:-1]
    return " ".join(parts)
