"""``probatum audit``: offline, no model, no socket."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from probatum.cli.exits import Exit
from probatum.cli.files import read_bundle, read_trust
from probatum.coordinator.folder import default_folder
from probatum.encoding.canonical import Json
from probatum.errors import EvidenceRefused, OutputRefused
from probatum.evidence.readers import Source
from probatum.verify import (
    Check,
    RevocationCheck,
    Standing,
    Trust,
    Verification,
    decode_bundle,
    decode_revocation,
    verify,
    verify_revocation,
)

_MARKS: Final = {Standing.PASS: "pass", Standing.FAIL: "FAIL", Standing.SKIP: "skip"}


def run(arguments: Namespace) -> Exit:
    """Print every step; 0 if none failed, 1 if one did, 6 if the certificate was withdrawn. What cannot be read at all raises,
    which ends in 2."""
    bundle = decode_bundle(read_bundle(arguments.bundle))
    trust = read_trust(arguments.trust, arguments.network or default_folder())
    sources = None if arguments.evidence is None else _sources(arguments.evidence)
    result = verify(bundle, trust, output=_output(arguments.output), sources=sources)
    revocation = None if arguments.revocation is None else _revocation(arguments.revocation, trust, result)
    if arguments.json:
        print(json.dumps(_json(result, revocation), indent=1, ensure_ascii=False))
    else:
        _print(result)
        if revocation is not None:
            _print_revocation(revocation)
    return _exit(result, revocation)


def _exit(result: Verification, revocation: RevocationCheck | None) -> Exit:
    if result.verified is None:
        return Exit.NOT_VALID
    if revocation is None:
        return Exit.OK
    return Exit.NOT_VALID if revocation.verified is None else Exit.REVOKED


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


def _revocation(path: Path, trust: Trust | None, result: Verification) -> RevocationCheck | None:
    """The revocation's own steps; ``None`` if the bundle did not verify, so that there is nothing to withdraw."""
    file = decode_revocation(read_bundle(path))
    return None if result.verified is None else verify_revocation(file, trust, certificate=result.verified)


def _print(result: Verification) -> None:
    _print_steps(result.checks)
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


def _print_revocation(check: RevocationCheck) -> None:
    print("the revocation:")
    _print_steps(check.checks)
    if check.verified is None:
        print(f"the revocation is NOT VALID: step {check.failures[0].number} failed; it withdraws nothing")
        return
    from probatum.cli.text import one_line

    said = check.verified.revocation
    print(f"REVOKED by epoch {said.epoch}: {one_line(said.reason)}")
    if said.successor is not None:
        print(f"in its place stands {said.successor}")


def _print_steps(checks: Iterable[Check]) -> None:
    for check in checks:
        print(f"{check.number:2}. {_MARKS[check.standing]}  {check.title}: {check.detail}")


def _json(result: Verification, revocation: RevocationCheck | None) -> Json:
    verified = result.verified
    return {
        "cert_hash": None if verified is None or verified.cert_hash is None else str(verified.cert_hash),
        "record_hash": None if verified is None else str(verified.record_hash),
        "revocation": None if revocation is None else _revocation_json(revocation),
        "scope": None if verified is None else str(verified.outcome.scope),
        "steps": _steps(result.checks),
        "valid": verified is not None,
    }


def _revocation_json(check: RevocationCheck) -> Json:
    verified = check.verified
    said = None if verified is None else verified.revocation
    return {
        "epoch": None if said is None else said.epoch,
        "hash": None if verified is None else str(verified.hash),
        "reason": None if said is None else said.reason,
        "steps": _steps(check.checks),
        "successor": None if said is None or said.successor is None else str(said.successor),
        "valid": verified is not None,
    }


def _steps(checks: Iterable[Check]) -> list[Json]:
    return [
        {"detail": check.detail, "number": check.number, "standing": str(check.standing), "title": check.title} for check in checks
    ]
