"""An OpenAI-compatible server that says the texts it is given, word by word: to try the gateway where no model is at hand.

``python -m probatum.testing.say TEXT... [--port 9000] [--words-per-second 20]`` says the first text to the first request, the
second to the second, and the last to all that follow.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from probatum.testing.upstream import FakeUpstream, Script


def in_turn(texts: Sequence[str], token_ms: int) -> Callable[[dict[str, Any]], Script]:
    """A script that says one text after another; at least one."""
    left = list(texts)

    def say(body: dict[str, Any]) -> Script:
        return Script(left.pop(0) if len(left) > 1 else left[0], token_ms=token_ms)

    return say


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT", help="a file whose text is said")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--words-per-second", type=int, default=20, metavar="N")
    options = parser.parse_args()
    texts = [path.read_text(encoding="utf-8") for path in options.texts]
    app = FakeUpstream(in_turn(texts, 1000 // options.words_per_second))
    print(f"saying {', '.join(map(str, options.texts))} at http://127.0.0.1:{options.port}/v1", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
