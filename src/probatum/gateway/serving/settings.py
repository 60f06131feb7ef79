"""What ``probatum serve`` is told: on the command line, or in a TOML file, where the command line wins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from probatum.errors import SettingsRefused

MAX_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """All that can be set. The names are those of the file's fields.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 takes any that is free.
        upstream: base URL of the OpenAI-compatible server behind; or ``local:PATH.gguf``, ``local:NAME``.
        upstream_key_env: environment variable that holds its key.
        model: the upstream's model that answers every request, whatever model it names.
        network: folder of the embedded network.
        database: the propagation ledger's, by URL; without it a file in the network's folder.
        corpus: what texts are judged against if a request brings no evidence.
        public_certificates: whose certificates may be read by whoever knows their hash: all tenants', or those listed.
        no_auth: let everyone in who can reach the address.
        public_url: how clients reach the gateway, for the URLs it gives out, such as ``https://gate.example``.
        linger_ms: how long a stream is held open after its last token to bring the certificate, where a request does not say.
        grace_ms: how long running answers and rounds may go on when the gateway stops.
        max_body_bytes: largest request.
        max_streams: answers open at one time.
        body_ms: how long a request's body may take to come.
        stall_ms: how long a receiver may take nothing.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    upstream: str | None = None
    upstream_key_env: str | None = None
    model: str | None = None
    network: Path | None = None
    database: str | None = None
    corpus: str | None = None
    public_certificates: bool | tuple[str, ...] = False
    no_auth: bool = False
    public_url: str = ""
    linger_ms: int = 10_000
    grace_ms: int = 30_000
    max_body_bytes: int = 12 * 1024 * 1024
    max_streams: int = 2000
    body_ms: int = 60_000
    stall_ms: int = 60_000
    log_level: str = "info"

    def __post_init__(self) -> None:
        if not 0 <= self.port <= MAX_PORT:
            raise SettingsRefused(f"a port is a number from 0 to {MAX_PORT}, not {self.port}")
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise SettingsRefused(f"log_level is debug, info, warning or error, not {self.log_level!r:.40}")
        for name in ("linger_ms", "grace_ms", "max_body_bytes", "max_streams", "body_ms", "stall_ms"):
            if getattr(self, name) < (name not in ("linger_ms", "grace_ms")):
                raise SettingsRefused(f"{name} is too small: {getattr(self, name)}")
        if self.upstream is None and (self.upstream_key_env or self.model):
            raise SettingsRefused("an upstream's key or model was given, but no upstream; say where it is with --upstream URL")
        if self.local_model and (self.upstream_key_env or self.model):
            raise SettingsRefused(f"{self.upstream} is one model and wants no key; leave out the upstream's key and model")

    @property
    def local_model(self) -> bool:
        """Whether the upstream is a model that runs in this process."""
        return self.upstream is not None and self.upstream.startswith("local:")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def everyone_public(self) -> bool:
        """Whether the certificates of all tenants are public."""
        return self.public_certificates is True

    def is_public(self, tenant: str) -> bool:
        """Whether a tenant's certificates may be read by whoever knows their hash."""
        chosen = self.public_certificates
        return chosen if isinstance(chosen, bool) else tenant in chosen


def read_settings(file: Path | None, given: Mapping[str, Any]) -> ServeSettings:
    """The settings of a file, replaced by ``given`` where that is not ``None``; raises SettingsRefused, naming the field."""
    base = ServeSettings() if file is None else _from_file(file)
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _from_file(file: Path) -> ServeSettings:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsRefused(f"cannot read {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{file} is not TOML: {error}") from None
    kinds, names = get_type_hints(ServeSettings), [one.name for one in fields(ServeSettings)]
    if odd := sorted(values.keys() - set(names)):
        raise SettingsRefused(f"{file}: {odd[0]!r:.60} is not known; known are {', '.join(names)}")
    return ServeSettings(**{name: _value(file, name, value, kinds[name]) for name, value in values.items()})


def _value(file: Path, name: str, value: Any, kind: Any) -> Any:
    kinds = get_args(kind) or (kind,)
    if Path in kinds and isinstance(value, str):
        return file.parent / value
    if isinstance(value, list) and all(isinstance(one, str) for one in value) and name == "public_certificates":
        return tuple(value)
    if type(value) not in kinds:
        wanted = {str: "text", int: "a whole number", bool: "true or false"}
        expected = " or ".join(wanted[one] for one in kinds if one in wanted) or "a path"
        raise SettingsRefused(f"{file}: {name} must be {expected}")
    return value
