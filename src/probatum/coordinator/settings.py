"""The settings file of an embedded network: which validators it has, and what may split its texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, TypeAlias

from probatum.consensus.epoch import NAME
from probatum.encoding.canonical import Json
from probatum.encoding.fields import Fields
from probatum.errors import SettingsRefused

FORMAT: Final = "probatum-network/v1"


@dataclass(frozen=True, slots=True)
class BuiltinModel:
    """A validator whose model ships with the package, by the model's name."""

    model: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible chat endpoint. The key itself is never stored: ``key_env`` names the variable that holds it."""

    base_url: str
    model: str
    key_env: str
    family: str


Model: TypeAlias = BuiltinModel | Endpoint


@dataclass(frozen=True, slots=True)
class Seat:
    """One validator of the embedded network: its id and its model."""

    id: str
    model: Model


@dataclass(frozen=True, slots=True)
class Settings:
    """The network's name, its validators, and the language model that splits texts, if one is configured."""

    network: str
    seats: tuple[Seat, ...]
    decomposer: Endpoint | None = None

    def encode(self) -> bytes:
        """The bytes of ``network.json``."""
        seats: list[Json] = [{"id": seat.id, "model": _model_json(seat.model)} for seat in self.seats]
        decomposer = None if self.decomposer is None else _model_json(self.decomposer)
        body: Json = {"decomposer": decomposer, "format": FORMAT, "network": self.network, "validators": seats}
        return json.dumps(body, indent=1, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Settings:
        """Read ``network.json``; raises SettingsRefused naming the field."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise SettingsRefused(f"network.json is not JSON: {error}") from None
        f = Fields(value, "decomposer format network validators", "network.json", SettingsRefused)
        if f.value["format"] != FORMAT:
            raise f.fail("format", FORMAT)
        decomposer = None if f.value["decomposer"] is None else _model(f.value["decomposer"], "network.json.decomposer")
        if isinstance(decomposer, BuiltinModel):
            raise f.fail("decomposer", "an endpoint, or null for the built-in splitter")
        return cls(f.match("network", NAME, "a lower-case name"), f.each("validators", _seat, 64), decomposer)


def _model_json(model: Model) -> dict[str, Json]:
    if isinstance(model, BuiltinModel):
        return {"builtin": model.model}
    return {"base_url": model.base_url, "family": model.family, "key_env": model.key_env, "model": model.model}


def _model(value: Json, where: str) -> Model:
    if isinstance(value, dict) and "builtin" in value:
        return BuiltinModel(Fields(value, "builtin", where, SettingsRefused).text("builtin", 80))
    f = Fields(value, "base_url family key_env model", where, SettingsRefused)
    return Endpoint(f.text("base_url", 2000), f.text("model", 80), f.text("key_env", 200), f.text("family", 80))


def _seat(value: Json, where: str) -> Seat:
    f = Fields(value, "id model", where, SettingsRefused)
    return Seat(f.match("id", NAME, "a lower-case name"), _model(f.value["model"], f"{where}.model"))


def parse_endpoint(text: str) -> tuple[str, Endpoint]:
    """Read ``id=NAME,url=URL,model=MODEL,key_env=VARIABLE,family=FAMILY`` as given on a command line; raises SettingsRefused."""
    try:
        parts = dict(part.split("=", 1) for part in text.split(","))
        seat_id, endpoint = (
            parts.pop("id"),
            Endpoint(parts.pop("url"), parts.pop("model"), parts.pop("key_env", ""), parts.pop("family")),
        )
    except (KeyError, ValueError):
        parts, seat_id, endpoint = {"": ""}, "", None
    if parts or endpoint is None or not NAME.fullmatch(seat_id) or not endpoint.base_url.startswith(("http://", "https://")):
        raise SettingsRefused(
            f"cannot read {text!r:.120}; expected id=NAME,url=http(s)://...,model=MODEL,family=FAMILY[,key_env=VARIABLE]"
        )
    return seat_id, endpoint
