"""``probatum prove``: one surviving claim with its inclusion proof."""

from __future__ import annotations

from argparse import Namespace

from probatum.cli.exits import Exit
from probatum.cli.files import find_bundle, write_whole
from probatum.cli.text import one_line
from probatum.coordinator.folder import default_folder
from probatum.errors import BundleError
from probatum.verify.bundle import Bundle, decode_bundle
from probatum.verify.disclose import disclose


def run(arguments: Namespace) -> Exit:
    """Write the proof and say what it shows."""
    bundle = decode_bundle(find_bundle(arguments.what, arguments.network or default_folder()))
    if not isinstance(bundle, Bundle):
        raise BundleError("this is a proof of one claim already; take the whole bundle to prove another")
    proof = disclose(bundle, arguments.fragment)
    write_whole(arguments.out, proof.encode())
    print(
        f'{arguments.out}: fragment {proof.record.index}, "{one_line(proof.record.claim)}"\n'
        f"under {proof.statement.digest}; no other claim is in it"
    )
    return Exit.OK
