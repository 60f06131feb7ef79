"""kill -9 at any moment, then run again: nothing acknowledged is lost, nothing is signed twice, the log only grows.

More kills with ``PROBATUM_KILLS=500``; another order of moments with ``PROBATUM_SEED``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from probatum.encoding import canonical, merkle
from probatum.encoding.digest import Digest
from probatum.signing.dsse import PAYLOAD_TYPE, pae
from probatum.tlog import tree
from probatum.verify import decode_bundle, verify
from tests.e2e.scripted_network import HERE, open_scripted, signed_messages, text

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("PROBATUM_KILLS", "12"))
SEED = int(os.environ.get("PROBATUM_SEED", "1"))
LONGEST_S = 0.4


def start(folder: Path, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.e2e.scripted_network", str(folder), str(first)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def kill_after(process: subprocess.Popen[str], seconds: float) -> list[tuple[int, Digest]]:
    """Wait until it works, let it run a little, kill it; what it acknowledged before."""
    assert process.stdout is not None
    assert process.stderr is not None
    ready = process.stdout.readline()
    if ready == "ready\n":
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    rest, errors = process.communicate()
    assert ready == "ready\n", errors
    assert not errors, errors
    assert process.returncode == -9
    return [line for line in map(acknowledgement, whole_lines(rest)) if line is not None]


def whole_lines(printed: str) -> list[str]:
    return printed.split("\n")[:-1]  # what follows the last newline was cut off: not acknowledged


def acknowledgement(line: str) -> tuple[int, Digest] | None:
    number, record_hash = line.split()
    return None if record_hash == "None" else (int(number), Digest.parse(record_hash))


def slots(messages: list[bytes]) -> dict[tuple[str, str, str], set[bytes]]:
    """Payloads by (kind, round, validator's own slot); an outcome does not name its signer, so all must sign one."""
    found: dict[tuple[str, str, str], set[bytes]] = {}
    for message in messages:
        payload = message.split(b" ", 4)[4]
        assert message == pae(PAYLOAD_TYPE, payload)
        body = canonical.decode(payload)
        assert isinstance(body, dict)
        predicate = body["predicate"]
        assert isinstance(predicate, dict)
        opening = predicate.get("opening", predicate)
        assert isinstance(opening, dict)
        kind = str(body["predicateType"]).replace("rejection", "certificate")
        found.setdefault((kind, str(opening["round"]), str(predicate.get("validator"))), set()).add(payload)
    return found


def test_kill_and_run_again(tmp_path: Path) -> None:
    random = Random(SEED)  # noqa: S311 - moments, no secrets
    acknowledged: dict[int, Digest] = {}
    heads: list[tuple[int, Digest]] = []
    for turn in range(KILLS):
        first = max(acknowledged, default=-1) + 1
        acknowledged.update(kill_after(start(tmp_path, first), random.uniform(0, LONGEST_S)))
        with open_scripted(tmp_path) as network:
            head = network.ledger.head()
            for size, root in heads:
                assert size <= head.size, "the log never shrinks"
                proof = tree.consistency_proof(size, head.size, network.ledger._node)
                merkle.verify_consistency(size, root, head.size, head.root, proof)
            heads.append((head.size, head.root))
            for number, record_hash in acknowledged.items():
                bundle = network.ledger.bundle(record_hash)
                assert bundle is not None, f"seed {SEED}, kill {turn}: {record_hash} was acknowledged and is gone"
                assert verify(decode_bundle(bundle), HERE.trust, output=text(number)).verified is not None
    assert len(acknowledged) > KILLS, "the kills left it some time to work"
    for slot, payloads in slots(signed_messages(tmp_path)).items():
        assert len(payloads) == 1, f"seed {SEED}: two payloads in the slot {slot}"
