"""The cache that cannot lie, with real caches in front: nginx as a shared one, and ``hishel`` in both its modes.

``hishel``'s default mode ignores ``Cache-Control`` altogether. Nothing that it keeps can pass for an answer: no GET returns a
text, a certificate's URL is its hash, and every state of a text has a URL that names it, to which only a text in that state leads.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest
from probatum.ledger.propagation import generations
from probatum.ledger.propagation.database import Database
from probatum.verify import decode_bundle, verify
from tests.e2e.gateway.clients import question
from tests.e2e.gateway.program import evidence, text
from tests.e2e.gateway.running import Running, gateway, saying, upstream
from tests.e2e.scripted_network import HERE

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONF = """
{user}
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=kept:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {target}; proxy_http_version 1.1; proxy_buffering on;
      proxy_cache kept; add_header x-cache $upstream_cache_status always;
    }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, target: str) -> Iterator[str]:
    """nginx as a shared cache in front of ``target``; its URL."""
    if NGINX is None:
        pytest.skip("nginx is not installed; the shared cache was not tested (Debian: apt-get install nginx-light)")
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not read the test's folder
    (folder / "nginx.conf").write_text(CONF.format(folder=folder, port=port, target=target, user=user))
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("nginx does not start")


class Story:
    """One text, from provisional over certified to revoked, seen through a cache.

    Args:
        folder: its network's.
        front: the cache in front of it.
    """

    def __init__(self, folder: Path, front: httpx.Client) -> None:
        self.folder, self.front = folder, front
        self.output = Digest.of(text(1).encode()).hex()

    def ask(self, *, judged: bool) -> dict[str, Any]:
        """Have the text generated, through the cache."""
        body = question(1, evidence(1) if judged else None, stream=False)
        if judged:
            body["probatum"]["wait"] = "certificate"
        answer = self.front.post("/v1/chat/completions", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def state(self) -> httpx.Response:
        """Where the text stands, through the cache."""
        answer = self.front.get(f"/v1/outputs/{self.output}", follow_redirects=True)
        told = answer.json()
        named = f"certified/{told['cert_hash']}" if told["state"] == "certified" else told["state"]
        assert answer.url.path == f"/v1/outputs/{self.output}/{named}", "the URL names the state and the certificate"
        return answer

    def revoke(self, cert_hash: str) -> None:
        """As ``probatum revoke`` does, in another process than the gateway's."""
        with Database.in_folder(self.folder) as database, database.write() as unit:
            assert generations.revoke(unit, Digest.parse(cert_hash), "a source was wrong", 1)


@contextmanager
def standing(tmp_path: Path) -> Iterator[tuple[Running, Path]]:
    """A gateway with an upstream and public certificates."""
    folder = tmp_path / "net"
    with upstream(saying(text)) as base, gateway(folder, upstream=base, public_certificates=True) as running:
        yield running, folder


def verified(bundle: bytes) -> bool:
    return verify(decode_bundle(bundle), HERE.trust, output=text(1).encode()).verified is not None


def follow_the_rules(story: Story, from_cache: Any) -> None:
    """What must hold behind every cache that keeps to RFC 9111."""
    first = story.ask(judged=False)
    assert first["verification"]["state"] == "provisional"
    for _ in range(3):
        seen = story.state()
        assert (seen.json()["state"], seen.headers["cache-control"]) == ("provisional", "no-store")
        assert not from_cache(seen), "a provisional state is never kept"
    cert_hash = story.ask(judged=True)["verification"]["cert_hash"]
    assert story.state().json()["cert_hash"] == cert_hash, "at once"
    kept = [story.front.get(f"/v1/certificates/{cert_hash}") for _ in range(3)]
    assert [from_cache(one) for one in kept] == [False, True, True]
    assert verified(kept[-1].content)
    assert kept[-1].headers["repr-digest"] == f"sha-256=:{encode64(Digest.of(kept[-1].content))}:"
    again = story.ask(judged=True)["verification"]
    assert again["generation"] == story.ask(judged=True)["verification"]["generation"], "out of the certified cache"
    story.revoke(cert_hash)
    revoked = story.state()
    assert (revoked.json()["state"], revoked.json()["cert_hash"]) == ("revoked", None)
    assert revoked.json()["statements"][0]["revoked"] == "a source was wrong"
    anew = story.ask(judged=True)["verification"]
    assert anew["generation"] != again["generation"], "the revoked answer is in no cache any more"
    assert anew["cert_hash"] != cert_hash


def test_nginx_as_a_shared_cache(tmp_path: Path) -> None:
    with (
        standing(tmp_path) as (running, folder),
        nginx(tmp_path / "nginx", running.url) as url,
        httpx.Client(base_url=url) as front,
    ):
        story = Story(folder, front)
        follow_the_rules(story, lambda answer: answer.headers.get("x-cache") == "HIT")
        stream = front.post("/v1/chat/completions", json=question(2, evidence(2)))
        assert stream.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("shared", [True, False])
def test_hishel_by_the_rules(tmp_path: Path, shared: bool) -> None:
    hishel = pytest.importorskip("hishel")
    caching = pytest.importorskip("hishel.httpx")
    with standing(tmp_path) as (running, folder):
        storage = hishel.SqliteStorage(database_path=str(tmp_path / "kept.db"))
        rules = hishel.CacheOptions(shared=shared)
        with caching.CacheClient(base_url=running.url, storage=storage, rfc=rules, timeout=60) as front:
            follow_the_rules(Story(folder, front), lambda answer: answer.extensions["caching"]["from_cache"])


def test_hishel_that_ignores_all_rules(tmp_path: Path) -> None:
    hishel = pytest.importorskip("hishel")
    caching = pytest.importorskip("hishel.httpx")

    def kept(answer: httpx.Response) -> bool:
        return bool(answer.extensions["caching"]["from_cache"])

    with standing(tmp_path) as (running, folder):
        storage = hishel.SqliteStorage(database_path=str(tmp_path / "kept.db"))
        with caching.CacheClient(base_url=running.url, storage=storage, timeout=60) as front:
            story = Story(folder, front)
            assert story.ask(judged=False)["verification"]["state"] == "provisional"
            assert story.state().json()["state"] == "provisional"
            before = story.state()
            assert kept(before), "this cache keeps what it was told not to keep"
            cert_hash = story.ask(judged=True)["verification"]["cert_hash"]
            now = story.state()
            assert (now.json()["state"], now.json()["cert_hash"], kept(now)) == ("certified", cert_hash, False), "all the same"
            stale = front.get(before.url)
            assert (kept(stale), stale.json()["state"], stale.json()["cert_hash"]) == (True, "provisional", None)
            assert kept(story.state()), "it keeps that the text is certified, under the URL that names the certificate"
            for _ in range(2):
                assert verified(front.get(f"/v1/certificates/{cert_hash}").content)
            generation = story.ask(judged=True)["verification"]["generation"]
            story.revoke(cert_hash)
            assert (story.state().json()["state"], story.state().json()["cert_hash"]) == ("revoked", None), "nobody is led there"
            assert httpx.get(f"{running.url}/v1/outputs/{story.output}/certified/{cert_hash}").status_code == 303
            assert story.ask(judged=True)["verification"]["generation"] != generation, "answers are POSTs, which it does not keep"
            anew = story.state().json()["cert_hash"]
            assert anew not in (None, cert_hash), "certified again, by another certificate, at another URL"


def test_no_get_returns_a_text(tmp_path: Path) -> None:
    """So no cache, whatever it keeps, can hand a provisional text to anyone as an answer."""
    from probatum.gateway.openapi import document

    with standing(tmp_path) as (running, folder), httpx.Client(base_url=running.url, timeout=60) as client:
        story = Story(folder, client)
        made = story.ask(judged=False)["verification"]
        names = {"name": made["generation"], "id": made["generation"], "hash": story.output, "model": "fake-1", "path": "0/000"}
        names |= {"state": "provisional", "cert_hash": "sha256:" + "0" * 64}
        for path, methods in document()["paths"].items():
            if "get" in methods and path not in ("/v1/trace", "/v1/recalls/stream"):
                assert text(1) not in client.get(path.format(**names)).text, path
