"""Every operation of the gateway."""

from __future__ import annotations

from typing import Any, Final

from probatum.coordinator.preparation import MAX_OUTPUT_BYTES
from probatum.gateway.openapi.operation import EVENTS, JSON, UPSTREAM, Operation
from probatum.gateway.openapi.schemas import (
    NUMBER,
    OBJECT,
    SHA256,
    TEXT,
    VERIFICATION,
    Schema,
    listed,
    maybe,
    record,
    ref,
    text,
)
from probatum.gateway.options import MAX_CORPUS
from probatum.gateway.propagation.reporting import MAX_RECEIVER
from probatum.gateway.public.resource import VERSION
from probatum.gateway.webhooks.endpoints import MAX_URL

EVENT: Final[Schema] = {}  # OpenAPI 3.1 has no words for the events of a stream
_LINK: Final = {"type": "string", "minLength": 1, "maxLength": MAX_URL, "format": "uri"}
_RECEIVER: Final = {"type": "string", "minLength": 1, "maxLength": MAX_RECEIVER}
_RESUMED: Final = {"Last-Event-ID": {"type": "string"}}
_ASKED_ABOUT: Final = {"If-None-Match": {"type": "string"}}
_VERSION: Final = {VERSION: {"type": "string"}}
_UNCHANGED: Final = ("What the client has is what there is.", dict[str, Schema]())
_STREAM: Final = {
    "stream": maybe({"type": "boolean"}),
    "probatum": ref("Options"),
}


def _any_of(*names: str) -> Schema:
    """One of these fields must be given, at least."""
    return {"anyOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]}


def _one_of(*names: str) -> Schema:
    """Exactly one of these fields must be given."""
    return {"oneOf": [{"required": [name]} for name in names]}


def _json(meaning: str, schema: Schema) -> dict[int, tuple[str, dict[str, Schema]]]:
    return {200: (meaning, {JSON: schema})}


def _cached(meaning: str, schema: Schema) -> dict[int, tuple[str, dict[str, Schema]]]:
    return {**_json(meaning, schema), 304: _UNCHANGED}


def _changing(meaning: str, schema: Schema) -> dict[int, tuple[str, dict[str, Schema]]]:
    """What can still change: asked for a version that is not the present one, such as `now`, it leads to that."""
    leads = "Only if a `version` was asked for: `Location` is the URL of the version of now; the body is the same."
    return {**_cached(meaning, schema), 303: (leads, {JSON: schema})}


def _generation() -> Schema:
    fields: dict[str, Any] = {"object": {"const": "generation"}, "id": ref("GenerationId"), "state": ref("State")}
    hashes = {"cert_hash": maybe(ref("Hash")), "record_hash": maybe(ref("Hash"))}
    links = {"url": TEXT, "verification_url": maybe(TEXT), "certificate_url": maybe(TEXT)}
    return record(fields | hashes | links | {"verification": maybe(TEXT), "started_at": NUMBER})


def _handed_in() -> Schema:
    hook = record({"url": _LINK}, {"secret": maybe(TEXT)})
    return record(
        {"text": {"type": "string", "minLength": 1, "maxLength": MAX_OUTPUT_BYTES}},
        {
            "evidence": maybe(ref("Evidence")),
            "corpus": maybe({"type": "string", "minLength": 1, "maxLength": MAX_CORPUS}),
            "webhook": maybe(hook),
            "receiver": maybe(_RECEIVER),
        },
    ) | _any_of("evidence", "corpus")


def _accepted() -> Schema:
    fields: dict[str, Any] = {"id": text(VERIFICATION), "object": {"const": "verification"}, "generation": ref("GenerationId")}
    return record(fields | {"state": ref("State"), "url": TEXT, "events_url": TEXT}, {"webhook": OBJECT})


def _chat() -> Operation:
    body = record({"model": TEXT, "messages": {"type": "array"}}, _STREAM | {"stream_options": maybe(OBJECT)}, closed=False)
    answer = record({"object": TEXT, "choices": listed(OBJECT), "verification": ref("InStream")}, closed=False)
    both = {JSON: answer, EVENTS: EVENT}
    meaning = "The answer, whole or as chunks; `verification` in it says its state."
    return Operation("POST", "/v1/chat/completions", "Answer a chat, as OpenAI's API does", {200: (meaning, both)}, UPSTREAM, body)


def _responses() -> Operation:
    given = {"anyOf": [TEXT, {"type": "array"}]}
    body = record({"model": TEXT, "input": given}, _STREAM, closed=False)
    answer = record({"object": {"const": "response"}, "output": listed(OBJECT), "metadata": OBJECT}, closed=False)
    both = {JSON: answer, EVENTS: EVENT}
    meaning = "The response, whole or as typed events; its state is in `metadata`."
    return Operation("POST", "/v1/responses", "Answer as OpenAI's Responses API does", {200: (meaning, both)}, UPSTREAM, body)


def _standing(path: str) -> Operation:
    return Operation(
        "GET",
        path,
        "Where a generated text stands",
        _changing("Its state and addresses.", _generation()),
        (404,),
        query=_VERSION,
        headers=_ASKED_ABOUT,
    )


def _models(path: str) -> Operation:
    return Operation("GET", path, "The upstream's models", _json("As the upstream lists them.", OBJECT), UPSTREAM)


def _verifications() -> tuple[Operation, ...]:
    place = "/v1/verifications/{id}"
    return (
        Operation(
            "POST",
            "/v1/verifications",
            "Hand in a text to be verified",
            {
                200: ("`Prefer: wait` was given, and it ended in time.", {JSON: ref("Verification")}),
                202: ("It is on disk and will be judged.", {JSON: _accepted()}),
            },
            (422,),
            _handed_in(),
            headers={"Idempotency-Key": {"type": "string", "minLength": 1, "maxLength": 255}, "Prefer": {"type": "string"}},
        ),
        Operation(
            "GET",
            place,
            "What became of a text",
            _changing("Its state, and the report once there is one.", ref("Verification")),
            (404,),
            query=_VERSION,
            headers=_ASKED_ABOUT | {"Prefer": {"type": "string"}},
        ),
        Operation(
            "GET",
            f"{place}/events",
            "Follow a verification",
            {200: ("Events, numbered; the last is `settled`.", {EVENTS: EVENT}), 204: ("There is nothing more.", {})},
            (404,),
            headers=_RESUMED,
        ),
    )


def _propagation() -> tuple[Operation, ...]:
    sought = {name: {"type": "string", "minLength": 1} for name in ("q", "generation", "hash", "text")}
    found = record(
        {
            "first_released": maybe(TEXT),
            "more": NUMBER,
            "sought": record({"kind": TEXT, "output": maybe(ref("Hash"))}, closed=False),
            "versions": listed(ref("Version")),
        },
        closed=False,
    )
    page = record({"object": {"const": "list"}, "recalls": listed(ref("Recall")), "next": NUMBER, "more": {"type": "boolean"}})
    names = {"generation": TEXT, "text": TEXT, "cert_hash": TEXT, "callback": maybe(_LINK)}
    told = record({"channel": ref("Reported"), "receiver": _RECEIVER}, names) | _one_of("generation", "text", "cert_hash")
    place = {"after": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}, "receiver": TEXT}
    trace = "Which versions of a text went out, in which order, to whom, in which state"
    return (
        Operation("GET", "/v1/trace", trace, _json("The versions.", found), (404,), query=sought),
        Operation(
            "POST", "/v1/trace", trace, _json("The versions.", found), (404,), record({}, sought, closed=False) | _one_of(*sought)
        ),
        Operation(
            "POST",
            "/v1/releases",
            "Report that a text was copied or passed on",
            {201: ("It is recorded.", {JSON: ref("ReleaseRecorded")})},
            (404,),
            told,
        ),
        Operation(
            "GET",
            "/v1/recalls",
            "Recalls of texts that were given out",
            _changing("A page.", page),
            query=place | _VERSION,
            headers=_ASKED_ABOUT,
        ),
        Operation(
            "GET",
            "/v1/recalls/stream",
            "Recalls as they come",
            {200: ("Events `recall`; the connection stays open.", {EVENTS: EVENT})},
            query=place,
            headers=_RESUMED,
        ),
        Operation("POST", "/v1/recalls/{id}/acknowledge", "Confirm a recall", _json("It is confirmed.", ref("Recall")), (404,)),
    )


def _public() -> tuple[Operation, ...]:
    output = {
        "object": {"const": "output"},
        "sha256": SHA256,
        "state": ref("State"),
        "cert_hash": maybe(ref("Hash")),
        "statements": listed(ref("Statement")),
        "generations": listed(record({"id": ref("GenerationId"), "state": ref("State")})),
    }
    round_ = {
        "object": {"const": "round"},
        "id": TEXT,
        "state": {"enum": ["open", "finished", "expired"]},
        "opened_at": NUMBER,
        "output": SHA256,
        "statement": maybe(ref("Statement")),
    }
    fragment = {
        "object": {"const": "fragment"},
        "id": ref("Hash"),
        "index": NUMBER,
        "status": TEXT,
        "cert_hash": maybe(ref("Hash")),
        "statement": ref("Statement"),
        "proof_url": maybe(TEXT),
    }
    wanted = (
        ("/v1/certificates/{hash}", "A certificate or rejection, by its hash", "The bundle; `probatum audit` checks it.", OBJECT),
        (
            "/v1/certificates/{hash}/revocation",
            "The signed revocation of a certificate",
            "The revocation; `probatum audit --revocation` checks it. 404 while there is none.",
            OBJECT,
        ),
        ("/v1/outputs/{hash}/certified/{cert_hash}", "That a text is certified by a certificate", "It is, now.", record(output)),
        ("/v1/fragments/{hash}/proof", "The proof of one surviving claim", "A bundle that shows no other claim.", OBJECT),
    )
    changing = (
        ("/v1/rounds/{id}", "A round", "Its state and the statement that ended it.", record(round_)),
        ("/v1/fragments/{hash}", "A claim's place", "The statement that decided it.", record(fragment)),
    )
    leads = {
        303: ("`Location` is the URL of the state it is in now.", {JSON: record({"object": {"const": "see_other"}, "url": TEXT})})
    }
    stated = {**_json("Its state and statements, as long as it is in that state.", record(output)), **leads}
    return (
        Operation("GET", "/v1/outputs/{hash}", "Where a text stands, by the hash of its bytes", leads, (404,)),
        Operation("GET", "/v1/outputs/{hash}/{state}", "That a text is in a state, but not certified", stated, (404,)),
        *(
            Operation(
                "GET",
                path,
                summary,
                _cached(meaning, schema) | (leads if "/certified/" in path else {}),
                (404,),
                headers=_ASKED_ABOUT,
            )
            for path, summary, meaning, schema in wanted
        ),
        *(
            Operation("GET", path, summary, _changing(meaning, schema), (404,), query=_VERSION, headers=_ASKED_ABOUT)
            for path, summary, meaning, schema in changing
        ),
    )


def _log() -> tuple[Operation, ...]:
    binary = {"application/octet-stream": dict[str, Any]()}
    tile = {200: ("Hashes, or entries.", binary), 304: _UNCHANGED}
    note = {200: ("A C2SP signed note.", {"text/plain": TEXT}), 304: _UNCHANGED}
    return (
        Operation("GET", "/log/checkpoint", "The log's newest signed checkpoint", note, (404,), headers=_ASKED_ABOUT),
        Operation("GET", "/log/tile/{path}", "A tile of the log (c2sp.org/tlog-tiles)", tile, (404,), headers=_ASKED_ABOUT),
    )


def _mira() -> tuple[Operation, ...]:
    fact = {
        "domain": {"enum": ["general", "legal"]},
        "minRequired": {"enum": [2, 3]},
        "totalModels": maybe(NUMBER),
    }
    events = {200: ("Named events, the last `completed`.", {EVENTS: EVENT})}
    body = record({"fact": {"type": "string", "minLength": 1}}, fact, closed=False)
    return (
        Operation("POST", "/verify/v1/stream", "Verify one fact, as Mira's API does", events, body=body, error="MiraError"),
        Operation(
            "GET",
            "/verify/v1/health",
            "Whether the service answers",
            _json("It does.", record({"status": {"const": "ok"}})),
            error="MiraError",
        ),
    )


def _operations() -> tuple[Operation, ...]:
    status = {"status": TEXT}
    ready = record(status | {"checks": {"type": "object", "additionalProperties": TEXT}})
    answers = {200: ("It can do its work.", {JSON: ready}), 503: ("It cannot; `checks` says why.", {JSON: ready})}
    return (
        Operation("GET", "/healthz", "Whether the process answers", _json("It does.", record(status))),
        Operation("GET", "/readyz", "Whether it can do its work", answers),
        Operation("GET", "/metrics", "Figures for Prometheus", {200: ("Figures.", {"text/plain": TEXT})}),
        Operation("GET", "/openapi.json", "This document", _json("OpenAPI 3.1.", OBJECT)),
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _chat(),
    _responses(),
    _models("/v1/models"),
    _models("/v1/models/{model}"),
    _standing("/v1/generations/{name}"),
    _standing("/v1/chat/completions/{name}/verification"),
    _standing("/v1/responses/{name}/verification"),
    *_verifications(),
    *_propagation(),
    *_public(),
    *_log(),
    *_mira(),
    *_operations(),
)
