"""The shapes that more than one operation uses, as JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any, Final

from probatum.gateway.options import MAX_CORPUS, MAX_LINGER_MS, MAX_SOURCES, MAX_URL, Scope, Wait
from probatum.gateway.propagation.reporting import REPORTED
from probatum.ledger.records import Channel, State

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "integer"}
OBJECT: Final[Schema] = {"type": "object"}
HASH: Final = r"^sha256:[0-9a-f]{64}$"
GENERATION: Final = r"^gen_[0-9a-f]{32}$"
VERIFICATION: Final = r"^ver_[0-9a-f]{32}$"
SHA256: Final[Schema] = {"type": "string", "pattern": r"^[0-9a-f]{64}$"}


def ref(name: str) -> Schema:
    """A named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(pattern: str) -> Schema:
    """Text of a form."""
    return {"type": "string", "pattern": pattern}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": schema} | more


def record(fields: Schema, optional: Schema | None = None, *, closed: bool = True) -> Schema:
    """An object with these fields, and no others if it is ``closed``."""
    properties = fields | (optional or {})
    return {"type": "object", "properties": properties, "required": sorted(fields)} | (
        {"additionalProperties": False} if closed else {}
    )


def _source() -> Schema:
    name = {"type": "string", "minLength": 1, "description": "File name; its suffix says what it is: txt, md, html or pdf."}
    encoded = {"type": "string", "contentEncoding": "base64"}
    url = {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_URL,
        "format": "uri",
        "description": "Fetched; never from inside addresses.",
    }
    return {"oneOf": [record({"name": name, "text": TEXT}), record({"name": name, "data": encoded}), record({"url": url})]}


def _options() -> Schema:
    policy = {"scope": {"enum": [str(one) for one in Scope]}}
    return record(
        {},
        {
            "evidence": maybe(ref("Evidence")),
            "corpus": maybe({"type": "string", "minLength": 1, "maxLength": MAX_CORPUS}),
            "wait": {"enum": [str(one) for one in Wait]},
            "linger_ms": maybe({"type": "integer", "minimum": 0, "maximum": MAX_LINGER_MS}),
            "policy": maybe(record({}, policy)),
        },
    )


def _settled() -> Schema:
    return {"state": ref("State"), "cert_hash": maybe(ref("Hash")), "record_hash": maybe(ref("Hash")), "reason": maybe(TEXT)}


def _verification() -> Schema:
    fields = {"id": text(VERIFICATION), "object": {"const": "verification"}, "generation": ref("GenerationId"), **_settled()}
    links = {"url": TEXT, "events_url": TEXT, "certificate_url": maybe(TEXT)}
    told = {"output": maybe(SHA256), "settled_at": maybe(NUMBER), "report": maybe(OBJECT)}
    return record(fields | told | links, {"webhook": OBJECT})


def _statement() -> Schema:
    return record(
        {
            "record_hash": ref("Hash"),
            "cert_hash": maybe(ref("Hash")),
            "kind": TEXT,
            "scope": TEXT,
            "status": TEXT,
            "round": TEXT,
            "network": TEXT,
            "epoch": NUMBER,
            "revoked": maybe(TEXT),
            "successor": maybe(ref("Hash")),
            "url": TEXT,
        }
    )


def _release() -> Schema:
    return {
        "at": NUMBER,
        "cert_hash": maybe(ref("Hash")),
        "channel": {"enum": [str(one) for one in Channel]},
        "receiver": TEXT,
        "seq": NUMBER,
        "state": ref("State"),
    }


def _version() -> Schema:
    likeness = {"claims": listed(OBJECT), "different": NUMBER, "kind": TEXT, "score": NUMBER}
    return record(
        {
            "cert_hash": maybe(ref("Hash")),
            "certified_at": maybe(NUMBER),
            "exposure_ms": maybe(NUMBER),
            "generation": ref("GenerationId"),
            "match": record(likeness),
            "model": TEXT,
            "output": maybe(ref("Hash")),
            "recalls": listed(OBJECT),
            "record_hash": maybe(ref("Hash")),
            "releases": listed(record(_release())),
            "request": ref("Hash"),
            "sibling": NUMBER,
            "started_at": NUMBER,
            "state": ref("State"),
        },
        closed=False,
    )


def _recall() -> Schema:
    return record(
        {
            "id": TEXT,
            "seq": NUMBER,
            "generation": ref("GenerationId"),
            "receiver": TEXT,
            "state": ref("State"),
            "output": maybe(SHA256),
            "record_hash": maybe(ref("Hash")),
            "cert_hash": maybe(ref("Hash")),
            "reason": maybe(TEXT),
            "fragments": listed(record({"id": ref("Hash"), "start": NUMBER, "end": NUMBER, "status": TEXT})),
            "successor": maybe(ref("Hash")),
            "due_at": NUMBER,
            "acknowledged_at": maybe(NUMBER),
            "acknowledge_url": TEXT,
        }
    )


def schemas() -> dict[str, Schema]:
    """All that have a name."""
    error = {"message": TEXT, "type": TEXT, "code": maybe(TEXT), "param": maybe(TEXT)}
    return {
        "State": {"enum": [str(one) for one in State]},
        "Hash": text(HASH),
        "GenerationId": text(GENERATION),
        "Error": record({"error": record(error, closed=False)}),
        "MiraError": record({"error": TEXT, "message": TEXT}, {"code": maybe(TEXT)}),
        "Evidence": listed(_source(), maxItems=MAX_SOURCES),
        "Options": _options(),
        "Verification": _verification(),
        "Statement": _statement(),
        "Reported": {"enum": [str(one) for one in REPORTED]},
        "Version": _version(),
        "Recall": _recall(),
        "ReleaseRecorded": record(
            {"object": {"const": "release"}, "generation": ref("GenerationId"), **_release()}, {"webhook": OBJECT}
        ),
        "InStream": record(
            {"state": ref("State"), "generation": ref("GenerationId"), "verification": maybe(TEXT), "url": TEXT}
            | {"cert_hash": maybe(ref("Hash")), "record_hash": maybe(ref("Hash")), "reason": maybe(TEXT)},
            {"fragment": OBJECT},
        ),
    }
