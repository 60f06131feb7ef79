"""What an upstream said: the text of choice 0 gathered from chunks or read from a whole completion, and what lies outside of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probatum.gateway.answers.upstream import garbage

_TEXT: Final = frozenset({"role", "content"})  # the parts of a delta or message that a certificate covers
_NAMES: Final = {
    "tool_calls": "tool calls",
    "function_call": "a function call",
    "refusal": "a refusal",
    "audio": "audio",
    "reasoning": "reasoning",
    "reasoning_content": "reasoning",
}


class Transcript:
    """Grows with every chunk.

    Attributes:
        id, model, created: as the upstream says; copied into chunks that are added.
        finish_reason: of choice 0, once it came.
        begun: anything came at all.
        done: the upstream said that nothing follows.
        outside: what the answer holds besides the text of choice 0, in words.
        logprobs: whether log probabilities came with the text.
        usage: token counts, if the upstream gave them.
    """

    __slots__ = ("_parts", "begun", "created", "done", "finish_reason", "id", "logprobs", "model", "outside", "usage")

    def __init__(self) -> None:
        self.id, self.model, self.created = "", "", 0
        self.finish_reason: str | None = None
        self.begun = self.done = self.logprobs = False
        self.outside: set[str] = set()
        self.usage: Mapping[str, Any] | None = None
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """The text of choice 0 so far."""
        return "".join(self._parts)

    @property
    def whole(self) -> bool:
        """Whether the answer came to its end."""
        return self.done or self.finish_reason is not None

    @property
    def plain(self) -> bool:
        """Whether text and token counts are all there is, so that chunks and completion can be made from each other."""
        return not self.outside and not self.logprobs

    @property
    def uncovered(self) -> str | None:
        """What no certificate of the text speaks of, as a sentence."""
        return f"only the text is verified, not {' and '.join(sorted(self.outside))}" if self.outside else None

    def chunk(self, chunk: object) -> str:
        """Take in one ``chat.completion.chunk``; returns the text it adds.

        Raises:
            HttpRefusal: it is no such object.
        """
        return self._take(chunk, "delta")

    def completion(self, completion: object) -> str:
        """Take in a whole ``chat.completion``; returns its text. Raises as :meth:`chunk`."""
        if isinstance(completion, dict) and completion.get("choices") == []:
            raise garbage("a completion without choices")
        text = self._take(completion, "message")
        self.done = True
        return text

    def _take(self, value: object, part: str) -> str:
        if not isinstance(value, dict) or not isinstance(value.get("choices"), list):
            raise garbage("an object without choices")
        self._head(value)
        _one_each(value["choices"])
        added = [self._choice(choice, part) for choice in value["choices"]]
        self.begun = True
        text = "".join(added)
        if text:
            self._parts.append(text)
        return text

    def _head(self, value: dict[str, Any]) -> None:
        self.id = _of(str, value, "id") or self.id
        self.model = _of(str, value, "model") or self.model
        self.created = _of(int, value, "created") or self.created
        self.usage = _of(dict, value, "usage") or self.usage

    def _choice(self, choice: object, part: str) -> str:
        said = choice.get(part) if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(said, dict | None):
            raise garbage("a choice that is no object")
        if choice.get("index", 0) != 0:
            self.outside.add("further choices")
            return ""
        self.finish_reason = _of(str, choice, "finish_reason") or self.finish_reason
        self.logprobs = self.logprobs or bool(choice.get("logprobs"))
        return self._said(said or {})

    def _said(self, said: dict[str, Any]) -> str:
        self.outside.update(_NAMES.get(key, key) for key, value in said.items() if value and key not in _TEXT)
        calls = said.get("tool_calls") or []
        if not isinstance(calls, list) or not all(isinstance(call, dict) and _of_or_none(dict, call, "function") for call in calls):
            raise garbage("tool calls that are no objects")
        content = said.get("content")
        if content is not None and not isinstance(content, str):
            self.outside.add("content that is not text")
            return ""
        return content or ""

    def as_completion(self) -> dict[str, Any]:
        """The answer as one ``chat.completion``, for text that came as chunks."""
        message = {"role": "assistant", "content": self.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason or "stop"}
        whole = {"id": self.id, "object": "chat.completion", "created": self.created, "model": self.model, "choices": [choice]}
        return whole if self.usage is None else whole | {"usage": self.usage}


def _of(kind: type, value: dict[str, Any], key: str) -> Any:
    return item if type(item := value.get(key)) is kind else None


def _one_each(choices: list[Any]) -> None:
    """No choice may come twice at once: a client would read only one of the two."""
    if len(choices) > 1:
        indices = [choice.get("index", 0) for choice in choices if isinstance(choice, dict)]
        if any(indices.count(index) > 1 for index in indices):
            raise garbage("one choice twice in one object")


def _of_or_none(kind: type, value: dict[str, Any], key: str) -> bool:
    return isinstance(value.get(key), kind | None)


def as_chunks(completion: Mapping[str, Any], *, usage: bool) -> list[dict[str, Any]]:
    """A whole ``chat.completion`` as the chunks of a stream: the text, the end, and the token counts if they are asked for."""
    head = {key: completion.get(key) for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = []
    for choice in completion["choices"]:
        delta = dict(choice.get("message") or {})
        if calls := delta.get("tool_calls"):
            delta["tool_calls"] = [{"index": number} | call for number, call in enumerate(calls)]
        index = choice.get("index", 0)
        first = {"index": index, "delta": delta, "logprobs": choice.get("logprobs"), "finish_reason": None}
        last = {"index": index, "delta": {}, "finish_reason": choice.get("finish_reason") or "stop"}
        chunks += [head | {"choices": [first]}, head | {"choices": [last]}]
    if usage and completion.get("usage"):
        chunks.append(head | {"choices": [], "usage": completion["usage"]})
    return chunks
