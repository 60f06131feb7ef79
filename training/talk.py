# ruff: noqa: E501
"""Chit-chat around claims: it carries no fact, so a wrapped claim keeps its label, and chit-chat alone is supported by nothing.

Openings and closings are put together from many small parts, and a third are real short sentences of people and chat models from the
training rows of BEGIN that share no content word with their evidence.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from data import Row

_INTERJECTIONS = [
    "yes",
    "yeah",
    "yep",
    "oh",
    "oh wow",
    "wow",
    "haha",
    "well",
    "hmm",
    "ah",
    "no",
    "nope",
    "sure",
    "right",
    "exactly",
    "absolutely",
    "definitely",
    "of course",
    "indeed",
    "true",
    "ok",
    "okay",
    "hey",
    "hi",
    "hello",
    "so",
    "nice",
    "cool",
    "awesome",
    "great",
    "interesting",
    "i see",
    "really",
    "oh yes",
    "oh no",
    "thanks",
    "good point",
    "good question",
    "great question",
    "no way",
    "same here",
    "me too",
    "not bad",
    "fair enough",
    "my pleasure",
    "you're right",
    "no problem",
    "sounds good",
    "lol",
    "yup",
    "ha",
    "oh nice",
    "oh i see",
    "ah yes",
    "certainly",
]
_STANCES = [
    "i think",
    "i think that",
    "i believe",
    "i believe that",
    "i guess",
    "i suppose",
    "i know that",
    "i know",
    "i heard that",
    "i heard",
    "i read that",
    "i just read that",
    "i remember that",
    "i've heard that",
    "i've read that",
    "from what i know",
    "as far as i know",
    "from what i have read",
    "it seems",
    "it seems that",
    "it turns out",
    "it turns out that",
    "apparently",
    "actually",
    "in fact",
    "fun fact:",
    "honestly",
    "to be honest",
    "if i remember correctly",
    "i'm pretty sure",
    "i'm pretty sure that",
    "did you know",
    "did you know that",
    "do you know that",
    "you know",
    "as you may know",
    "you may know that",
    "interestingly",
    "funny enough",
    "they say that",
    "people say",
    "my friend told me that",
    "i was told that",
    "i learned that",
    "i recently learned that",
    "i understand that",
    "i'd say",
    "i would say that",
    "one thing i know is that",
    "the interesting thing is that",
    "what i like is that",
    "i love that",
    "i find it interesting that",
    "it's cool that",
    "it is amazing that",
    "isn't it amazing that",
    "i didn't know that",
    "i had no idea that",
    "what surprised me is that",
    "here is what i found:",
    "sure! here is what i know:",
    "to answer your question:",
    "to answer your question",
    "according to what i found",
    "based on the text",
    "based on the information provided",
    "the document says that",
    "the article mentions that",
    "as mentioned",
    "in short",
    "in summary",
    "simply put",
]
_CLOSINGS = [
    ", right?",
    ", i think.",
    ", i believe.",
    ", i guess.",
    ", you know.",
    ", haha.",
    ", apparently.",
    ", actually.",
    ", which is pretty cool.",
    ", which is amazing.",
    ", isn't that interesting?",
    ", isn't it?",
    ", if i'm not mistaken.",
    ", as far as i know.",
    ", believe it or not.",
    ", so that's nice.",
    "! that's a lot!",
    "! that's so cool.",
    ". that's interesting.",
    ". that's pretty amazing!",
    ". isn't that great?",
    ". what do you think?",
    ". have you heard of it?",
    ". do you like it?",
    ". i love it!",
    ". i think that's great.",
    ". i didn't know that before.",
    ". i hope that helps!",
    ". let me know if you have more questions.",
    ". i find that fascinating.",
    ". pretty interesting, huh?",
    ". it's so much fun.",
    ". i wonder why.",
    ". that must be nice.",
    ". wow!",
    ". crazy!",
    ". i have always liked that.",
    ". i'd love to know more.",
    ". do you know more about it?",
    ". how about you?",
    ". that is good to know.",
    ". i was surprised too.",
    "! amazing, right?",
    ". so cool!",
    ". that's what i heard, anyway.",
    ". not sure if you knew that.",
    ". i can't believe it!",
    ", lol.",
]
_ALONE = [
    "what do you think about it?",
    "i'm not sure.",
    "i don't know much about it.",
    "have you ever tried it?",
    "i love it so much!",
    "that sounds like fun.",
    "do you have a favourite?",
    "i have never been there.",
    "i would like to try it someday.",
    "me too, it is my favourite.",
    "tell me more about it.",
    "i agree with you.",
    "that's a good question.",
    "i hope so!",
    "sorry to hear that.",
    "i wish i could go.",
    "how long have you been doing it?",
    "my family loves it.",
    "i have two of them at home.",
    "i used to do that when i was young.",
    "it is great for the whole family.",
]
_CONTENT = re.compile(r"[a-z]{4,}")


class Talk:
    """Wraps claims. ``rows`` give the real chit-chat; only training rows may be passed."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.real = sorted({s for row in rows if row.set == "begin" for s in _chatter(row)})

    def wrap(self, claim: str, rng: random.Random) -> str:
        """The claim with an opening, a closing or both."""
        how = rng.random()
        out = claim
        if how < 0.75:
            out = self._opened(out, rng)
        if how > 0.55:
            out = self._closed(out, rng)
        return out if rng.random() < 0.35 else out[0].upper() + out[1:]

    def alone(self, rng: random.Random) -> str:
        """Chit-chat without any claim."""
        parts = [rng.choice(_ALONE if rng.random() < 0.4 or not self.real else self.real)]
        if rng.random() < 0.4:
            parts.insert(0, rng.choice(_INTERJECTIONS) + rng.choice(("!", ",", ".")))
        return " ".join(parts)

    def _opened(self, claim: str, rng: random.Random) -> str:
        parts = []
        if rng.random() < 0.25 and self.real:
            parts.append(rng.choice(self.real))
        elif rng.random() < 0.6:
            parts.append(rng.choice(_INTERJECTIONS) + rng.choice((",", ",", "!", ".", " -", "")))
        if rng.random() < 0.6 or not parts:
            parts.append(rng.choice(_STANCES) + rng.choice(("", "", ",")))
        claim = (
            claim[0].lower() + claim[1:]
            if claim.split()[0] in ("The", "A", "An", "He", "She", "It", "They", "His", "Her", "In", "There")
            else claim
        )
        return " ".join([*parts, claim])

    def _closed(self, claim: str, rng: random.Random) -> str:
        stem = claim.rstrip(".!? ")
        if rng.random() < 0.3 and self.real:
            return f"{stem}. {rng.choice(self.real)}"
        return stem + rng.choice(_CLOSINGS)


def _chatter(row: Row) -> list[str]:
    """Short sentences of a response without numbers, names, denials, other people, or a content word of the evidence."""
    known = set(_CONTENT.findall(row.evidence.lower()))
    out = []
    for part in re.split(r"(?<=[.!?])\s+", row.claim):
        text = re.sub(r"\s+([.,!?'])", r"\1", part.strip())
        words = _CONTENT.findall(text.lower())
        if (
            2 <= len(text.split()) <= 9
            and text[-1] in ".!?"
            and re.match(r"(?:i|i'm|i've|you|that's|that|what|how|do|have|oh|wow|yes|yeah|no|well|me)\b", text.lower())
            and not re.search(r"\d| [A-Z][a-z]|n't|\b(?:nt|not|never|no|he|she|they|his|her|their|him|them)\b", text)
            and not set(words) & known
        ):
            out.append(text)
    return out
