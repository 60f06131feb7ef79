"""The output items of ``/v1/responses``, built from the chunks of a chat completion, with the event that each step is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Emit = Callable[..., None]


class Text:
    """One content part of the message: the answer's text, or a refusal.

    Args:
        kind: ``output_text`` or ``refusal``.
        place: ``item_id``, ``output_index`` and ``content_index`` of its events.
        emit: takes an event's type and fields.
    """

    def __init__(self, kind: str, place: dict[str, Any], emit: Emit) -> None:
        self._kind, self._place, self._emit = kind, place, emit
        self._field = "text" if kind == "output_text" else "refusal"
        self._more: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
        self._parts: list[str] = []
        emit("response.content_part.added", **place, part=self.part())

    def part(self) -> dict[str, Any]:
        """The part as it is."""
        extra: dict[str, Any] = {"annotations": [], "logprobs": []} if self._more else {}
        return {"type": self._kind, self._field: "".join(self._parts)} | extra

    def add(self, delta: str) -> None:
        """More text."""
        self._parts.append(delta)
        self._emit(f"response.{self._kind}.delta", **self._place, delta=delta, **self._more)

    def end(self) -> None:
        """No more text."""
        part = self.part()
        self._emit(f"response.{self._kind}.done", **self._place, **{self._field: part[self._field]}, **self._more)
        self._emit("response.content_part.done", **self._place, part=part)


class Message:
    """The item that holds what the assistant says."""

    def __init__(self, item_id: str, index: int, emit: Emit) -> None:
        self._id, self._index, self._emit = item_id, index, emit
        self._texts: dict[str, Text] = {}
        emit("response.output_item.added", output_index=index, item=self.item("in_progress"))

    def item(self, status: str = "completed") -> dict[str, Any]:
        """The item as it is."""
        content = [text.part() for text in self._texts.values()]
        return {"type": "message", "id": self._id, "status": status, "role": "assistant", "content": content}

    def add(self, kind: str, delta: str) -> None:
        """More text of one kind."""
        if kind not in self._texts:
            place = {"item_id": self._id, "output_index": self._index, "content_index": len(self._texts)}
            self._texts[kind] = Text(kind, place, self._emit)
        self._texts[kind].add(delta)

    def end(self, status: str) -> None:
        """No more text."""
        for text in self._texts.values():
            text.end()
        self._emit("response.output_item.done", output_index=self._index, item=self.item(status))


class Call:
    """The item that holds one call of a function."""

    def __init__(self, item_id: str, index: int, call: dict[str, Any], emit: Emit) -> None:
        self._id, self._index, self._emit = item_id, index, emit
        self._call_id = call.get("id") or item_id
        self._name = (call.get("function") or {}).get("name") or ""
        self._arguments: list[str] = []
        emit("response.output_item.added", output_index=index, item=self.item("in_progress"))

    def item(self, status: str = "completed") -> dict[str, Any]:
        """The item as it is."""
        said = {"call_id": self._call_id, "name": self._name, "arguments": "".join(self._arguments)}
        return {"type": "function_call", "id": self._id, "status": status} | said

    def add(self, delta: str) -> None:
        """More of the arguments."""
        self._arguments.append(delta)
        self._emit("response.function_call_arguments.delta", item_id=self._id, output_index=self._index, delta=delta)

    def end(self, status: str) -> None:
        """No more arguments."""
        arguments = "".join(self._arguments)
        place = {"item_id": self._id, "output_index": self._index}
        self._emit("response.function_call_arguments.done", **place, name=self._name, arguments=arguments)
        self._emit("response.output_item.done", output_index=self._index, item=self.item(status))


class Output:
    """All items of an answer, in the order in which they began.

    Args:
        stem: what the items' ids are made from.
        emit: takes each event's type and fields.
    """

    def __init__(self, stem: str, emit: Emit) -> None:
        self._stem, self._emit = stem, emit
        self._items: dict[object, Message | Call] = {}

    def chunk(self, chunk: dict[str, Any]) -> None:
        """Take in one ``chat.completion.chunk``; only choice 0 has a place here."""
        for choice in chunk.get("choices") or ():
            if choice.get("index", 0) == 0:
                self._delta(choice.get("delta") or {})

    def _delta(self, delta: dict[str, Any]) -> None:
        for field, kind in (("content", "output_text"), ("refusal", "refusal")):
            if isinstance(text := delta.get(field), str) and text:
                self._message().add(kind, text)
        for number, call in enumerate(delta.get("tool_calls") or ()):
            arguments = (call.get("function") or {}).get("arguments") or ""
            item = self._call(call.get("index", number), call)
            if arguments:
                item.add(arguments)

    def _message(self) -> Message:
        if not isinstance(item := self._items.get("message"), Message):
            item = self._items["message"] = Message(f"msg_{self._stem}", len(self._items), self._emit)
        return item

    def _call(self, number: object, call: dict[str, Any]) -> Call:
        if not isinstance(item := self._items.get(number), Call):
            index = len(self._items)
            item = self._items[number] = Call(f"fc_{self._stem}_{index}", index, call, self._emit)
        return item

    def end(self, status: str) -> None:
        """Nothing more comes."""
        for item in self._items.values():
            item.end(status)

    def items(self, status: str) -> list[dict[str, Any]]:
        """The items as they are."""
        return [item.item(status) for item in self._items.values()]
