"""The cache that cannot lie, with real caches in front: nginx and Varnish as shared ones, and ``hishel`` in both its modes.

``hishel``'s default mode ignores ``Cache-Control`` altogether, and operators have nginx and Varnish do so. Nothing that they keep
can pass for an answer: no GET returns a text, a certificate's URL is its hash, and what can change stands with 200 only at a URL
that names its state or its version, to which nobody is led any more once it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
from tests.e2e.gateway.shared_caches import (
    NGINX_IGNORES_VARY_TOO,
    NGINX_KEEPS_ANY_STATUS,
    VARNISH_KEEPS_AN_HOUR,
    nginx,
    varnish,
)
from tests.e2e.scripted_network import HERE

Cache = Callable[..., AbstractContextManager[str]]


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

    def told(self, verification: dict[str, Any]) -> list[tuple[str, str]]:
        """What every other resource says of a text that was verified, through the cache: its state or status, and the hash."""
        own = self.led(f"/v1/verifications/{verification['verification']}")
        generation = self.led(f"/v1/generations/{verification['generation']}")
        fragment = self.led(f"/v1/fragments/{own['report']['fragments'][0]['id']}")
        round_ = self.led(f"/v1/rounds/{own['report']['round']['id']}")["statement"]
        revoked = [one["revoked"] or "in force" for one in (fragment["statement"], round_)]
        hashes = [str(one["cert_hash"]) for one in (own, generation, fragment, round_)]
        return list(zip([own["state"], generation["state"], *revoked], hashes, strict=True))

    def recalls(self) -> list[str]:
        """The states that are recalled, as a receiver that polls from the beginning hears of them."""
        return [one["state"] for one in self.led("/v1/recalls")["recalls"]]

    def led(self, path: str) -> Any:
        answer = self.front.get(path, params={"version": "now"}, follow_redirects=True)
        assert (answer.status_code, len(answer.history)) == (200, 1)
        return answer.json()

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


@pytest.mark.parametrize("cache", [nginx, varnish])
def test_a_shared_cache_by_the_rules(tmp_path: Path, cache: Cache) -> None:
    with (
        standing(tmp_path) as (running, folder),
        cache(tmp_path / "front", running.url) as url,
        httpx.Client(base_url=url, timeout=60) as front,
    ):
        story = Story(folder, front)
        follow_the_rules(story, lambda answer: answer.headers.get("x-cache") == "HIT")
        stream = front.post("/v1/chat/completions", json=question(2, evidence(2)))
        assert stream.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("cache", "more"),
    [(nginx, NGINX_KEEPS_ANY_STATUS), (nginx, NGINX_IGNORES_VARY_TOO), (varnish, VARNISH_KEEPS_AN_HOUR)],
    ids=["nginx that keeps any status", "nginx that ignores Vary too", "Varnish that keeps all for an hour"],
)
def test_a_shared_cache_that_ignores_cache_control_misleads_nobody(tmp_path: Path, cache: Cache, more: str) -> None:
    with (
        standing(tmp_path) as (running, folder),
        cache(tmp_path / "front", running.url, more) as url,
        httpx.Client(base_url=url, timeout=60) as front,
    ):
        mislead_nobody(Story(folder, front))
        kept = [front.get("/openapi.json").headers for _ in range(2)]
        assert kept[1]["x-cache"] == "HIT", "it keeps what it was told to ask about again"


@pytest.mark.parametrize("shared", [True, False])
def test_hishel_by_the_rules(tmp_path: Path, shared: bool) -> None:
    hishel = pytest.importorskip("hishel")
    caching = pytest.importorskip("hishel.httpx")
    with standing(tmp_path) as (running, folder):
        storage = hishel.SqliteStorage(database_path=str(tmp_path / "kept.db"))
        rules = hishel.CacheOptions(shared=shared)
        with caching.CacheClient(base_url=running.url, storage=storage, rfc=rules, timeout=60) as front:
            follow_the_rules(Story(folder, front), lambda answer: answer.extensions["caching"]["from_cache"])


def mislead_nobody(story: Story) -> None:
    """What must hold behind every cache: each new state is seen at once, by whoever asks where the text stands."""
    first = story.ask(judged=False)["verification"]
    for _ in range(2):  # the second time out of the cache, if it keeps anything
        assert story.state().json()["state"] == "provisional"
        assert story.led(f"/v1/generations/{first['generation']}")["state"] == "provisional"
        assert story.recalls() == []
    made = story.ask(judged=True)["verification"]
    cert_hash = made["cert_hash"]
    for _ in range(2):
        assert story.state().json()["cert_hash"] == cert_hash
        assert story.told(made) == [("certified", cert_hash)] * 2 + [("in force", cert_hash)] * 2
        assert story.front.get(f"/v1/certificates/{cert_hash}/revocation").status_code == 404
        assert verified(story.front.get(f"/v1/certificates/{cert_hash}").content)
    story.revoke(cert_hash)
    for _ in range(2):
        assert (story.state().json()["state"], story.state().json()["cert_hash"]) == ("revoked", None)
        # the statement's own hash stays what it is in a round; that it was revoked stands beside it
        assert story.told(made) == [("revoked", "None")] * 2 + [("a source was wrong", "None"), ("a source was wrong", cert_hash)]
        assert "revoked" in story.recalls()


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


def test_hishel_that_ignores_all_rules_misleads_nobody_either(tmp_path: Path) -> None:
    hishel = pytest.importorskip("hishel")
    caching = pytest.importorskip("hishel.httpx")
    with standing(tmp_path) as (running, folder):
        storage = hishel.SqliteStorage(database_path=str(tmp_path / "kept.db"))
        with caching.CacheClient(base_url=running.url, storage=storage, timeout=60) as front:
            mislead_nobody(Story(folder, front))


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
