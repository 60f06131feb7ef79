"""The settings file of an embedded network: which validators it has, and what may split its texts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.encoding.form import NAME
from probatum.errors import SettingsRefused

FORMAT: Final = "probatum-network/v1"
# Built-in models that are no more, and which one sits on their seats; the epoch says so when it is renewed.
SUCCESSORS: Final = {"crossencoder": "deberta"}


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


@dataclass(frozen=True, slots=True)
class LocalLanguageModel:
    """Qwen2.5-Coder-1.5B from a GGUF file, or from the folder that its parts were installed into; ``threads`` are llama.cpp's."""

    path: str
    threads: int


@dataclass(frozen=True, slots=True)
class LocalClassifier:
    """A Hugging Face sequence classifier in a folder; ``digest`` is that of its files when the network was made."""

    folder: str
    family: str
    digest: Digest


Model: TypeAlias = BuiltinModel | Endpoint | LocalLanguageModel | LocalClassifier


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
        if not isinstance(decomposer, Endpoint | None):
            raise f.fail("decomposer", "an endpoint, or null for the built-in splitter")
        return cls(f.match("network", NAME, "a lower-case name"), f.each("validators", _seat, 64), decomposer)


def _model_json(model: Model) -> dict[str, Json]:
    match model:
        case BuiltinModel():
            return {"builtin": model.model}
        case LocalLanguageModel():
            return {"gguf": model.path, "threads": model.threads}
        case LocalClassifier():
            return {"classifier": model.folder, "family": model.family, "files": str(model.digest)}
        case Endpoint():
            return {"base_url": model.base_url, "family": model.family, "key_env": model.key_env, "model": model.model}


def _model(value: Json, where: str) -> Model:
    kind = next((key for key in ("builtin", "gguf", "classifier") if isinstance(value, dict) and key in value), "")
    f = Fields(value, _KEYS[kind], where, SettingsRefused)
    match kind:
        case "builtin":
            name = f.text("builtin", 80)
            return BuiltinModel(SUCCESSORS.get(name, name))
        case "gguf":
            return LocalLanguageModel(f.text("gguf", 4000), f.integer("threads", 1, 256))
        case "classifier":
            return LocalClassifier(f.text("classifier", 4000), f.text("family", 80), f.digest("files"))
        case _:
            return Endpoint(f.text("base_url", 2000), f.text("model", 80), f.text("key_env", 200), f.text("family", 80))


_KEYS: Final = {
    "": "base_url family key_env model",
    "builtin": "builtin",
    "gguf": "gguf threads",
    "classifier": "classifier family files",
}


def _seat(value: Json, where: str) -> Seat:
    f = Fields(value, "id model", where, SettingsRefused)
    return Seat(f.match("id", NAME, "a lower-case name"), _model(f.value["model"], f"{where}.model"))


FORMS: Final = """id=NAME,url=http(s)://...,model=MODEL,family=FAMILY[,key_env=VARIABLE]
id=NAME,gguf=PATH[,threads=N]
id=NAME,classifier=FOLDER,family=FAMILY"""


def parse_seat(text: str) -> Seat:
    """Read a validator as given on a command line, in one of the :data:`FORMS`.

    A classifier's files are read, since the network pins them by their digest.

    Raises:
        SettingsRefused: not of these forms.
        ValidatorUnavailable: a classifier's folder cannot be used.
    """
    try:
        parts = dict(part.split("=", 1) for part in text.split(","))
        name, model = parts.pop("id"), _parse_model(parts)
    except (KeyError, ValueError):
        parts, name, model = {"": ""}, "", None
    if parts or model is None or not NAME.fullmatch(name):
        raise SettingsRefused(f"cannot read {text!r:.120}; expected {' or '.join(FORMS.splitlines())}")
    return Seat(name, model)


def parse_endpoint(text: str) -> Endpoint:
    """Read an endpoint as given on a command line; raises SettingsRefused."""
    model = parse_seat(text).model
    if not isinstance(model, Endpoint):
        raise SettingsRefused(f"cannot read {text!r:.120}; expected an endpoint: {FORMS.splitlines()[0]}")
    return model


def _parse_model(parts: dict[str, str]) -> Model:
    """The model that the parts name, which it takes out; raises KeyError or ValueError."""
    if "gguf" in parts:
        return LocalLanguageModel(str(Path(parts.pop("gguf")).absolute()), _threads(parts.pop("threads", "")))
    if "classifier" in parts:
        from probatum.validators.classifier import look_at

        folder = Path(parts.pop("classifier")).absolute()
        return LocalClassifier(str(folder), parts.pop("family"), look_at(folder).digest)
    url = parts.pop("url")
    if not url.startswith(("http://", "https://")):
        raise ValueError("an address is http or https")
    return Endpoint(url, parts.pop("model"), parts.pop("key_env", ""), parts.pop("family"))


def _threads(given: str) -> int:
    """How many threads; where nothing was given, one for each core up to four, which is as many as pay."""
    count = int(given) if given else min(4, os.cpu_count() or 1)
    if not 1 <= count <= 256:
        raise ValueError("at least one thread")
    return count
