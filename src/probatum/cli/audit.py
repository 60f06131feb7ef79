"""``probatum audit``: offline, no model, no socket."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Final

from probatum.cli.exits import Exit
from probatum.cli.files import read_bundle, read_trust
from probatum.coordinator.folder import default_folder
from probatum.encoding.canonical import Json
from probatum.errors import EvidenceRefused, OutputRefused
from probatum.evidence.readers import Source
from probatum.verify import Standing, Verification, decode_bundle, verify

_MARKS: Final = {Standing.PASS: "pass", Standing.FAIL: "FAIL", Standing.SKIP: "skip"}


def run(arguments: Namespace) -> Exit:
    """Print every step; 0 if none failed, 1 if one did. What cannot be read at all raises, which ends in 2."""
    bundle = decode_bundle(read_bundle(arguments.bundle))
    trust = read_trust(arguments.trust, arguments.network or default_folder())
    sources = None if arguments.evidence is None else _sources(arguments.evidence)
    result = verify(bundle, trust, output=_output(arguments.output), sources=sources)
    if arguments.json:
        print(json.dumps(_json(result), indent=1, ensure_ascii=False))
    else:
        _print(result)
    return Exit.NOT_VALID if result.verified is None else Exit.OK


def _output(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise OutputRefused(f"cannot read the output {path}: {error.strerror}") from None


def _sources(paths: list[Path]) -> tuple[Source, ...]:
    from probatum.evidence.collect import collect

    for path in paths:
        if not path.exists():
            raise EvidenceRefused(f"no file or folder {path}; give the source documents that the text was judged against")
    return collect(paths)


def _print(result: Verification) -> None:
    for check in result.checks:
        print(f"{check.number:2}. {_MARKS[check.standing]}  {check.title}: {check.detail}")
    verified = result.verified
    if verified is None:
        print(f"NOT VALID: step {result.failures[0].number} failed")
    elif verified.cert_hash is None:
        print(
            f"VALID record of a {verified.outcome.kind} ({verified.outcome.status}): nothing is certified. "
            f"record_hash {verified.record_hash}"
        )
    else:
        print(f"VALID certificate, scope {verified.outcome.scope}: cert_hash {verified.cert_hash}")


def _json(result: Verification) -> Json:
    verified = result.verified
    steps: list[Json] = [
        {"detail": check.detail, "number": check.number, "standing": str(check.standing), "title": check.title}
        for check in result.checks
    ]
    return {
        "cert_hash": None if verified is None or verified.cert_hash is None else str(verified.cert_hash),
        "record_hash": None if verified is None else str(verified.record_hash),
        "scope": None if verified is None else str(verified.outcome.scope),
        "steps": steps,
        "valid": verified is not None,
    }
