"""The literal examples of ``docs/spec`` and the vectors of ``core.json``, made from fixed keys.

``python -m tests.vectors.spec_examples --write`` puts them into the pages and rewrites ``core.json``; do that only when a format is
meant to change. ``test_spec.py`` compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from probatum.consensus.assignment import assign
from probatum.consensus.ballot import Vote, commitment_digest
from probatum.consensus.calibration import Calibration, Expected
from probatum.consensus.epoch import Policy, Threshold, possession_payload
from probatum.consensus.fragment import fragment_id, fragment_root, record_bytes
from probatum.consensus.outcome import Scope
from probatum.consensus.request import Request
from probatum.consensus.round import Round
from probatum.consensus.tally import Decided, tally
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Certification
from probatum.coordinator.report import report
from probatum.encoding import canonical, form
from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest
from probatum.evidence.corpus.manifest import Document, Version
from probatum.frozen import replace
from probatum.gate import Denied, GatePolicy, decide
from probatum.signing.dsse import Envelope
from probatum.testing.committee import Committee, MemoryLocks, committee, scripted_request, votes_for
from probatum.verify import (
    Bundle,
    ProofBundle,
    RevocationCheck,
    RevocationFile,
    Verification,
    decode_bundle,
    verify,
    verify_revocation,
)
from probatum.verify.disclose import disclose

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "docs/spec"
CORE = Path(__file__).with_name("core.json")
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.M | re.S)
NOW = 1_700_000_000_000
WIDTH = 120
NONCE = bytes(range(32))
CALIBRATION = Calibration(
    (
        Expected(precision=9312, recall=4020, rows=716, set="dialogue"),
        Expected(precision=None, recall=0, rows=1381, set="encyclopedia"),
    ),
    "weights/committee.json",
    Digest.of(b"{}"),
)
THRESHOLDS = Policy(thresholds=(Threshold("v0", 6200, 7000, 4200), Threshold("v2", 5000, 5000, 5000)))
LETTERS = {"S": Verdict.SUPPORTED, "R": Verdict.REFUTED, "I": Verdict.INSUFFICIENT, "A": None}


class World(NamedTuple):
    """One finished round of a committee with fixed keys: what everyone voted, and what came of it."""

    committee: Committee
    request: Request
    ballots: tuple[Envelope, ...]
    commitment: Envelope
    statement: Envelope
    bundle: Bundle


@cache
def world(votes: tuple[str, ...]) -> World:
    """A round over two claims and a question; ``votes`` holds each validator's letters, one per claim."""
    network = committee(len(votes))
    request = scripted_request(network.epoch, claims=2, asides=1)
    participants = network.participants(MemoryLocks())
    round_ = Round(request, network.epoch)
    for number, (participant, letters) in enumerate(zip(participants, votes, strict=True)):
        cast = votes_for(request, network.epoch, participant.id, [LETTERS[letter] for letter in letters])
        round_.add_ballot(participant.cast(request, cast, NOW + 1000 * number))
    proposal = round_.propose()
    for participant in participants:
        round_.add_signature(participant.countersign(request, proposal))
    signed = round_.finish()
    assert signed is not None
    bundle = Bundle(
        signed.envelope, (network.genesis,), request.records, request.evidence, signed.ballots, network.log(signed.envelope)
    )
    commitment = participants[0].commit(request.opening, signed.ballots[0], NONCE)
    return World(network, request, signed.ballots, commitment, signed.envelope, bundle)


def partial() -> World:
    """Four validators: the first claim survives, the second is refuted."""
    return world(("SR", "SR", "SR", "SI"))


def sound() -> World:
    """Four validators: both claims survive."""
    return world(("SS", "SS", "SS", "SA"))


def rejected() -> World:
    """Four validators: no claim survives."""
    return world(("RI", "RI", "RS", "IA"))


def smallest() -> World:
    """One validator, so that a whole bundle fits on a page."""
    return world(("SS",))


def verified(made: World, output: bytes | None = None) -> Verification:
    """The example bundle, checked."""
    return verify(made.bundle, made.committee.trust, output=output)


# -- the pages' blocks ------------------------------------------------------------------------------------------------------


def wrap(text: str) -> str:
    """``text``, which is one line, broken at ``WIDTH`` characters, never after a space."""
    lines: list[str] = []
    while text:
        end = WIDTH
        while len(text) > end and text[end - 1] == " ":
            end -= 1
        lines.append(text[:end])
        text = text[end:]
    return "\n".join(lines) + "\n"


def one(data: bytes) -> str:
    """Canonical bytes as a block."""
    return wrap(data.decode())


def rows(*pairs: tuple[str, object]) -> str:
    """Names and values in two columns."""
    width = max(len(name) for name, _ in pairs) + 2
    return "".join(f"{name:<{width}}{value}\n" for name, value in pairs)


def encoding_page() -> list[str]:
    value: canonical.Json = {"text": 'é € "\n', "number": 1 - 2**53, "list": [1, True, None], "empty": {}}
    data = canonical.encode(value)
    return [one(data), rows(("SHA-256", Digest.of(data)), ("base64", encode64(data)))]


def envelope_page() -> list[str]:
    envelope = partial().commitment
    return [
        one(envelope.encode()),
        one(envelope.payload),
        rows(
            ("PAE begins", envelope.signed_bytes[:60].decode()),
            ("PAE", f"{len(envelope.signed_bytes)} bytes"),
            ("digest", envelope.digest),
        ),
    ]


def epoch_page() -> list[str]:
    network = partial().committee
    member = network.epoch.members[0]
    return [
        one(network.epoch.payload),
        rows(("digest", network.epoch.digest), ("key id of v0", member.key.id)),
        one(possession_payload(network.epoch.network, member.id, member.key)),
    ]


def calibration_page() -> list[str]:
    return [one(form.write(CALIBRATION.form)), one(canonical.encode(THRESHOLDS.form.to_json()["thresholds"]))]


def fragments_page() -> list[str]:
    request = partial().request
    ids = [(f"id {record.index}", fragment_id(record)) for record in request.records]
    coverage = partial_outcome()["coverage"]
    return [
        "".join(one(record_bytes(record)) for record in request.records),
        rows(*ids, ("root", fragment_root(request.records))),
        one(canonical.encode(coverage)),
    ]


def partial_outcome() -> dict[str, canonical.Json]:
    """The predicate of the partial certificate."""
    payload = canonical.decode(partial().statement.payload)
    assert isinstance(payload, dict)
    assert isinstance(payload["predicate"], dict)
    return payload["predicate"]


def evidence_page() -> list[str]:
    (record,) = partial().request.evidence.values()
    return [one(record.encode()), rows(("evidence hash", record.hash), ("text", record.passages[0].text))]


def corpus_page() -> list[str]:
    version = corpus_version()
    return [one(version.encode()), rows(("digest", version.digest), ("file", f"{version.number:08}.json"))]


def corpus_version() -> Version:
    """The second version of a corpus, with one text and one web page."""
    (record,) = partial().request.evidence.values()
    text, page = record.passages[0].text.encode(), b"<p>A page.</p>"
    documents = (
        Document("facts.txt", Digest.of(text), Digest.of(text), "text/1", len(text)),
        Document("web/page.html", Digest.of(page), Digest.of(b"A page.\n"), "html/1 selectolax 1.0.2", len(b"A page.\n")),
    )
    first = Version("facts", 1, None, NOW - 1000, documents[:1])
    return Version("facts", 2, first.digest, NOW, documents)


def ballot_page() -> list[str]:
    made = partial()
    return [
        one(made.ballots[3].payload),
        rows(
            ("nonce", NONCE.hex()),
            ("ballot of v0", made.ballots[0].digest),
            ("commitment", commitment_digest(made.ballots[0], NONCE)),
        ),
        one(made.commitment.payload),
        _draws(),
        _tallies(),
    ]


def _tallies() -> str:
    cases = [
        ((1, 1, 1, 1), 4, "SSSR"),
        ((1, 1, 1, 1), 4, "SSRR"),
        ((1, 1, 1, 1), 4, "SSAA"),
        ((1, 1, 1, 1), 1, "SSSS"),
        ((1, 1, 1), 3, "SSR"),
        ((3, 2, 2), 3, "SSI"),
        ((5, 1, 1), 3, "RSS"),
    ]
    lines = ["stakes   families  votes  found\n"]
    for stakes, families, letters in cases:
        members = committee(len(stakes), stakes=stakes, families=families).epoch.members
        votes = {m.id: Vote(0, LETTERS[c], 0, "") for m, c in zip(members, letters, strict=True)}
        found = tally(members, votes, 2, closed=True)
        verdict = found.verdict if isinstance(found, Decided) else "undecided"
        lines.append(f"{' '.join(map(str, stakes)):<9}{families:<10}{letters:<7}{verdict}\n")
    return "".join(lines)


def _draws() -> str:
    epoch = committee(8, policy=Policy(min_families=2, committee=4)).epoch
    beacon = Digest.of(b"beacon")
    drawn = [(index, assign(epoch, "00" * 16, beacon, index)) for index in range(4)]
    return "".join(f"fragment {index}  {' '.join(member.id for member in members)}\n" for index, members in drawn)


def certificate_page() -> list[str]:
    good, bad = partial().statement, rejected().statement
    return [one(good.payload), rows(("cert_hash", good.digest)), one(bad.payload), rows(("record_hash", bad.digest))]


def bundle_page() -> list[str]:
    made = smallest()
    proof = proof_bundle(made)
    parts = [f'"format":"{canonical.decode(proof.encode())["format"]}"\n']  # type: ignore[index, call-overload]
    parts += [wrap(f'"fragment":{form.write(proof.record).decode()}')]
    parts += [wrap(f'"path":{canonical.encode([str(step) for step in proof.path]).decode()}')]
    return [one(made.bundle.encode()), "".join(parts), made.committee.trust.encode().decode()]


def proof_bundle(made: World) -> ProofBundle:
    """The first claim of a bundle, alone."""
    return disclose(made.bundle, 0)


def verification_page() -> list[str]:
    made = partial()
    swapped = replace(made.bundle, records=(*made.bundle.records[1::-1], made.bundle.records[2]))
    return [
        _steps(verified(made, made.request.output)),
        _steps(verify(swapped, made.committee.trust)),
        _steps(verify(decode_bundle(proof_bundle(made).encode()), made.committee.trust)),
    ]


def _steps(result: Verification | RevocationCheck) -> str:
    return "".join(f"{check.number:>2}. {check.standing.value:<5} {check.title}: {check.detail}\n" for check in result.checks)


REASON = "the source was withdrawn"


def revocation(made: World) -> RevocationFile:
    """The certificate of a world, withdrawn."""
    return made.committee.revoke(made.statement.digest, REASON)


def revocation_page() -> list[str]:
    made, tiny = partial(), smallest()
    file, issued = revocation(made), verified(made).verified
    less = replace(file, statement=replace(file.statement, signatures=file.statement.signatures[:2]))
    return [
        one(file.statement.payload),
        rows(("revocation", file.statement.digest)),
        one(revocation(tiny).encode()),
        _steps(verify_revocation(file, made.committee.trust, certificate=issued)),
        _steps(verify_revocation(less, made.committee.trust, certificate=issued)),
    ]


def gate_page() -> list[str]:
    whole, part, bad = sound(), partial(), rejected()
    output, claim = whole.request.output, "Claim number 0 of text 0 holds."
    cases: list[tuple[str, World, bytes | str, bytes | None, GatePolicy]] = [
        ("the certified output", whole, output, whole.bundle.encode(), GatePolicy()),
        ("the same, margin 80 %", whole, output, whole.bundle.encode(), GatePolicy(min_margin=8000)),
        ("one byte more", whole, output + b" ", whole.bundle.encode(), GatePolicy()),
        ("no bundle yet", whole, output, None, GatePolicy()),
        ("partial, the output", part, output, part.bundle.encode(), GatePolicy()),
        ("partial, one claim", part, claim, proof_bundle(part).encode(), GatePolicy()),
        ("the same, scope partial", part, claim, proof_bundle(part).encode(), GatePolicy(scope=Scope.PARTIAL)),
        ("a rejection", bad, output, bad.bundle.encode(), GatePolicy()),
    ]
    lines = [f"{name:<24} {_decision(*case)}\n" for name, *case in cases]  # type: ignore[arg-type]
    gone = _decision(whole, output, whole.bundle.encode(), GatePolicy(), [revocation(whole).encode()])
    return ["".join([*lines, f"{'certified, then revoked':<24} {gone}\n"])]


def _decision(made: World, text: bytes | str, bundle: bytes | None, policy: GatePolicy, revocations: Sequence[bytes] = ()) -> str:
    decision = decide(text, bundle, policy, made.committee.trust, revocations=revocations)
    if isinstance(decision, Denied):
        return f"Denied   {', '.join(reason.code for reason in decision.reasons)}"
    return f"Allowed  {str(decision.cert_hash)[:23]}…"


def report_page() -> list[str]:
    made = smallest()
    result = verified(made).verified
    assert result is not None
    done = Certification(
        result.outcome.status, made.request.output, made.request.records, made.request, made.bundle.encode(), result
    )
    return [wrap(json.dumps(report(done, made.committee.epoch), ensure_ascii=False))]


PAGES = {
    "encoding.md": encoding_page,
    "envelope.md": envelope_page,
    "epoch.md": epoch_page,
    "calibration.md": calibration_page,
    "fragments.md": fragments_page,
    "evidence.md": evidence_page,
    "corpus.md": corpus_page,
    "ballot.md": ballot_page,
    "certificate.md": certificate_page,
    "bundle.md": bundle_page,
    "verification.md": verification_page,
    "revocation.md": revocation_page,
    "gate.md": gate_page,
    "report.md": report_page,
}


# -- core.json --------------------------------------------------------------------------------------------------------------


def core() -> dict[str, dict[str, str]]:
    """Every format: its bytes, or only their length and SHA-256 where they are long."""
    made, bad = partial(), rejected()
    epoch, record = made.committee.epoch, next(iter(made.request.evidence.values()))
    member = epoch.members[0]
    return {
        "epoch": _payload(made.committee.genesis),
        "possession": {
            "payload": possession_payload(epoch.network, member.id, member.key).decode(),
            "signature": member.possession.hex(),
        },
        "ballot": _payload(made.ballots[3]),
        "commitment": _payload(made.commitment),
        "certificate": _payload(made.statement),
        "rejection": _payload(bad.statement),
        "fragment": {"record": record_bytes(made.request.records[0]).decode(), "id": str(fragment_id(made.request.records[0]))},
        "fragment-not-checkable": {
            "record": record_bytes(made.request.records[2]).decode(),
            "id": str(fragment_id(made.request.records[2])),
        },
        "fragment-root": {"root": str(fragment_root(made.request.records))},
        "corpus": {"manifest": corpus_version().encode().decode(), "digest": str(corpus_version().digest)},
        "evidence": {"record": record.encode().decode(), "hash": str(record.hash)},
        "revocation": _payload(revocation(made).statement),
        "revocation-file": _long(revocation(made).encode()),
        "bundle": _long(made.bundle.encode()),
        "bundle-rejection": _long(bad.bundle.encode()),
        "proof": _long(proof_bundle(made).encode()),
        "trust": {"file": made.committee.trust.encode().decode()},
        "calibration": {"json": form.write(CALIBRATION.form).decode()},
        "policy": {"json": form.write(THRESHOLDS.form).decode()},
    }


def _payload(envelope: Envelope) -> dict[str, str]:
    return {
        "payload": envelope.payload.decode(),
        "digest": str(envelope.digest),
        "envelope": str(Digest.of(envelope.encode())),
    }


def _long(data: bytes) -> dict[str, str]:
    return {"bytes": str(len(data)), "sha256": str(Digest.of(data))}


# -- writing ----------------------------------------------------------------------------------------------------------------


def write() -> None:
    """Put the examples into the pages, block by block, and rewrite ``core.json``."""
    for page, make in PAGES.items():
        text, examples = (SPEC / page).read_text("utf-8"), make()
        if len(BLOCK.findall(text)) != len(examples):
            sys.exit(f"{page} has {len(BLOCK.findall(text))} text blocks, the code makes {len(examples)}")
        left = iter(examples)
        (SPEC / page).write_text(BLOCK.sub(lambda _, left=left: f"```text\n{next(left)}```", text), "utf-8")  # type: ignore[misc]
    CORE.write_text(json.dumps(core(), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.vectors.spec_examples --write")
    write()
