"""The option ``probatum``: what is read, and that nothing misspelt or odd passes silently."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.datastructures import Headers

from probatum.errors import EvidenceRefused
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.options import Inline, Options, Policy, Remote, Scope, Wait, read_options, take_options
from tests.unit.gateway.serving import CHAT, SOURCES, Gateway, ask, run

SOURCE = {"name": "a.txt", "text": "Text."}
SURROGATE = "\ud800"


def test_everything_is_read() -> None:
    evidence = [SOURCE, {"name": "b/c.pdf", "data": "JVBERg=="}, {"url": "https://example.org/d.html"}]
    policy = {"scope": "partial"}
    given = {"evidence": evidence, "corpus": "space", "wait": "certificate", "linger_ms": 0, "policy": policy}
    sources = (Inline("a.txt", b"Text."), Inline("b/c.pdf", b"%PDF"), Remote("https://example.org/d.html"))
    assert read_options(given) == Options(sources, "space", Wait.CERTIFICATE, 0, Policy(Scope.PARTIAL))


def test_nothing_given_asks_for_nothing() -> None:
    body: dict[str, Any] = {"model": "m"}
    assert take_options(body, Headers()) == read_options({}) == Options()
    assert body == {"model": "m"}


BAD: dict[str, tuple[Any, str]] = {
    "not an object": ([], "probatum"),
    "a misspelt field": ({"evidnce": []}, "probatum.evidnce"),
    "a misspelt wait": ({"wait": "certified"}, "probatum.wait"),
    "wait is null": ({"wait": None}, "probatum.wait"),
    "wait is a list": ({"wait": ["none"]}, "probatum.wait"),
    "linger is negative": ({"linger_ms": -1}, "probatum.linger_ms"),
    "linger is true": ({"linger_ms": True}, "probatum.linger_ms"),
    "linger is a float": ({"linger_ms": 1.0}, "probatum.linger_ms"),
    "linger is endless": ({"linger_ms": 600_001}, "probatum.linger_ms"),
    "corpus is empty": ({"corpus": ""}, "probatum.corpus"),
    "corpus is a number": ({"corpus": 1}, "probatum.corpus"),
    "policy is a name": ({"policy": "partial"}, "probatum.policy"),
    "a misspelt scope": ({"policy": {"scope": "some"}}, "probatum.policy.scope"),
    "evidence is text": ({"evidence": "Text."}, "probatum.evidence"),
    "evidence is an object": ({"evidence": SOURCE}, "probatum.evidence"),
    "too many sources": ({"evidence": [{"url": "https://example.org"}] * 257}, "probatum.evidence"),
    "a source is text": ({"evidence": ["Text."]}, "probatum.evidence[0]"),
    "a source without content": ({"evidence": [SOURCE, {"name": "b"}]}, "probatum.evidence[1]"),
    "text and data": ({"evidence": [SOURCE | {"data": ""}]}, "probatum.evidence[0]"),
    "url and text": ({"evidence": [{"url": "https://example.org", "text": ""}]}, "probatum.evidence[0]"),
    "a misspelt source": ({"evidence": [SOURCE | {"titel": ""}]}, "probatum.evidence[0].titel"),
    "text is a number": ({"evidence": [{"name": "a", "text": 1}]}, "probatum.evidence[0].text"),
    "text is no Unicode": ({"evidence": [{"name": "a", "text": SURROGATE}]}, "probatum.evidence[0].text"),
    "data is not base64": ({"evidence": [{"name": "a", "data": "a b="}]}, "probatum.evidence[0].data"),
    "url-safe base64": ({"evidence": [{"name": "a", "data": "-_-_"}]}, "probatum.evidence[0].data"),
    "an absolute name": ({"evidence": [{"name": "/etc/passwd", "text": ""}]}, "probatum.evidence[0].name"),
    "a name that climbs": ({"evidence": [{"name": "a/../../b", "text": ""}]}, "probatum.evidence[0].name"),
    "a name with a line break": ({"evidence": [{"name": "a\nb", "text": ""}]}, "probatum.evidence[0].name"),
    "a name that turns the line around": ({"evidence": [{"name": "a\u202etxt", "text": ""}]}, "probatum.evidence[0].name"),
    "a name that is null": ({"evidence": [{"name": None, "text": ""}]}, "probatum.evidence[0].name"),
    "one name twice": ({"evidence": [SOURCE, SOURCE]}, "probatum.evidence"),
    "an empty url": ({"evidence": [{"url": ""}]}, "probatum.evidence[0].url"),
    "a url that is null": ({"evidence": [{"url": None}]}, "probatum.evidence[0].url"),
}


@pytest.mark.parametrize(("given", "param"), BAD.values(), ids=BAD)
def test_odd_options_are_refused_by_field(given: Any, param: str) -> None:
    with pytest.raises(HttpRefusal) as caught:
        read_options(given)
    assert (caught.value.status, caught.value.code, caught.value.param) == (400, "invalid_options", param)


def test_waiting_for_a_certificate_that_cannot_exist_is_refused() -> None:
    with pytest.raises(HttpRefusal) as caught:
        read_options({"wait": "certificate"})
    assert caught.value.code == "evidence_required"


def test_the_header_says_the_same() -> None:
    named = {"name": "grün.txt", "text": "Grün."}
    for text in (json.dumps({"evidence": [named]}), json.dumps({"evidence": [named]}, ensure_ascii=False)):
        raw = [(b"probatum-options", text.encode())]
        assert take_options({}, Headers(raw=raw)) == Options((Inline("grün.txt", "Grün.".encode()),))


@pytest.mark.parametrize(("body", "header"), [({"probatum": {}}, "{}"), ({}, "{"), ({}, "[]"), ({}, "")])
def test_a_header_that_cannot_be_used(body: dict[str, Any], header: str) -> None:
    with pytest.raises(HttpRefusal) as caught:
        take_options(body, Headers({"probatum-options": header}))
    assert (caught.value.status, caught.value.code) == (400, "invalid_options")


def test_evidence_by_url_is_fetched_by_what_is_handed_in() -> None:
    async def fetch(url: str) -> tuple[str, bytes]:
        if "inside" in url:
            raise EvidenceRefused(f"{url} points inside")
        return "page.html", b"<p>Voyager."

    async def main() -> None:
        gateway = Gateway(settings={"fetch": fetch})
        evidence = [SOURCE, {"url": "https://example.org/page.html"}]
        answer = await gateway.post(ask(probatum={"evidence": evidence, "corpus": "space"}))
        (started,) = gateway.verifier.started.values()
        assert answer.status == 200
        assert (started.sources, started.corpus) == ((("a.txt", b"Text."), ("page.html", b"<p>Voyager.")), "space")
        refused = await gateway.post(ask(probatum={"evidence": [{"url": "https://inside.example"}]}))
        assert (refused.status, (await refused.json())["error"]["code"]) == (400, "evidence_refused")

    run(main)


def test_without_a_fetcher_evidence_by_url_is_refused() -> None:
    async def main() -> None:
        answer = await Gateway().post(ask(probatum={"evidence": [{"url": "https://example.org"}]}))
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "evidence_url_unsupported")

    run(main)


def test_options_in_a_header_do_what_they_do_in_the_body() -> None:
    async def main() -> None:
        gateway = Gateway()
        headers = {"Probatum-Options": json.dumps(SOURCES | {"wait": "certificate"})}
        answer = await gateway.post(ask(), CHAT, headers)
        assert answer.headers["probatum-state"] == "certified"
        assert gateway.fake.requests == [ask()]

    run(main)
