"""A request to ``/v1/responses`` as the chat completion that answers it.

What needs a conversation kept on the server cannot be translated and is refused; the gateway keeps texts, not conversations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from probatum.gateway.errors import HttpRefusal

_STATEFUL: Final = ("previous_response_id", "conversation", "prompt", "background")
_OURS: Final = frozenset({"input", "instructions", "tools", "tool_choice", "text", "reasoning", "max_output_tokens"})
_DROPPED: Final = frozenset({"store", "include", "truncation", "metadata", "max_tool_calls", "stream_options", *_STATEFUL})
_TEXTS: Final = frozenset({"input_text", "output_text", "text", "refusal", "summary_text"})


def to_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """The chat completion; fields that are not known are passed on as they are.

    Raises:
        HttpRefusal: 400 ``unsupported`` or ``invalid_request``; ``param`` names the field.
    """
    for name in _STATEFUL:
        if body.get(name):
            _refuse(name, "is not supported: the gateway keeps no conversations; send all of it as input", "unsupported")
    chat = {key: value for key, value in body.items() if key not in _OURS | _DROPPED}
    chat["messages"] = _messages(body)
    _object(body, "metadata")
    chat |= _text(_object(body, "text")) | _tools(body)
    if effort := _object(body, "reasoning").get("effort"):
        chat["reasoning_effort"] = effort
    if body.get("max_output_tokens") is not None:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    if body.get("stream") is True:
        chat["stream_options"] = {"include_usage": True}
    return chat


def _refuse(param: str, problem: str, code: str = "invalid_request") -> NoReturn:
    raise HttpRefusal(400, code, f"{param} {problem}", param=param)


def _object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict | None):
        _refuse(name, "must be an object")
    return value or {}


def _messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    given, first = body.get("input"), body.get("instructions")
    messages: list[dict[str, Any]] = [{"role": "system", "content": first}] if first else []
    if isinstance(given, str):
        return [*messages, {"role": "user", "content": given}]
    if not isinstance(given, list):
        _refuse("input", "must be given, as text or a list of items")
    for number, item in enumerate(given):
        where = f"input[{number}]"
        if not isinstance(item, dict):
            _refuse(where, "must be an object")
        kind = item.get("type", "message")
        if not isinstance(kind, str) or kind not in _ITEMS:
            _refuse(where, f"has the type {kind!r:.40}, which is not supported", "unsupported")
        _ITEMS[kind](messages, item, where)
    return messages


def _message(messages: list[dict[str, Any]], item: dict[str, Any], where: str) -> None:
    role = item.get("role")
    if role not in ("user", "assistant", "system", "developer"):
        _refuse(f"{where}.role", "must be user, assistant, system or developer")
    messages.append({"role": "system" if role == "developer" else role, "content": _content(item.get("content"), where)})


def _content(content: object, where: str) -> Any:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        _refuse(f"{where}.content", "must be text or a list of parts")
    parts = [_part(part, f"{where}.content[{number}]") for number, part in enumerate(content)]
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts


def _part(part: object, where: str) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(kind, str):
        _refuse(where, "must be an object with a type")
    if kind in _TEXTS:
        text = part.get("refusal" if kind == "refusal" else "text")
        return {"type": "text", "text": text} if isinstance(text, str) else _refuse(f"{where}.text", "must be text")
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        return {"type": "image_url", "image_url": {"url": part["image_url"], "detail": part.get("detail") or "auto"}}
    if kind == "input_file" and part.get("file_data"):
        return {"type": "file", "file": {key: part[key] for key in ("filename", "file_data") if key in part}}
    if kind == "input_audio":
        return {"type": "input_audio", "input_audio": part.get("input_audio")}
    _refuse(where, f"of type {kind!r:.40} is not supported, or lacks its content", "unsupported")


def _call(messages: list[dict[str, Any]], item: dict[str, Any], where: str) -> None:
    """A call that the model made: part of what the assistant said."""
    function = {"name": item.get("name"), "arguments": item.get("arguments")}
    call = {"id": item.get("call_id"), "type": "function", "function": function}
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    messages[-1].setdefault("tool_calls", []).append(call)


def _output(messages: list[dict[str, Any]], item: dict[str, Any], where: str) -> None:
    content = _content(item.get("output"), where)
    messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})


def _nothing(messages: list[dict[str, Any]], item: dict[str, Any], where: str) -> None:
    """Reasoning of an earlier answer is not sent back: chat completions have no place for it."""


_ITEMS: Final[dict[str, Callable[[list[dict[str, Any]], dict[str, Any], str], None]]] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _output,
    "reasoning": _nothing,
}


def _text(text: dict[str, Any]) -> dict[str, Any]:
    chat = {"verbosity": text["verbosity"]} if text.get("verbosity") else {}
    wanted = _object(text, "format")
    kind = wanted.get("type", "text")
    if kind == "json_schema":
        schema = {key: value for key, value in wanted.items() if key != "type"}
        return chat | {"response_format": {"type": "json_schema", "json_schema": schema}}
    return chat if kind == "text" else chat | {"response_format": wanted}


def _tools(body: Mapping[str, Any]) -> dict[str, Any]:
    chat: dict[str, Any] = {}
    choice = body.get("tool_choice")
    if (tools := body.get("tools")) is not None and not isinstance(tools, list):
        _refuse("tools", "must be a list")
    if tools:
        chat["tools"] = [_tool(tool, f"tools[{number}]") for number, tool in enumerate(tools)]
    if isinstance(choice, dict) and choice.get("type") == "function":
        chat["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif choice is not None and tools:
        chat["tool_choice"] = choice
    return chat


def _tool(tool: object, where: str) -> dict[str, Any]:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        _refuse(where, "is not a function; other tools run on OpenAI's servers and are not supported", "unsupported")
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type" and value is not None}}
