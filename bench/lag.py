"""Certificate lag: from the last token of a stream to its certificate, claims judged while the text streams, and only afterwards.

Scripted validators take 200 ms a claim, each on its own; tokens come at 20 a second in real time. "Alone" is a text of one claim
that is handed over whole: nothing can be faster than that. The built-in models are measured in the same way, as a picture.

``python -m bench.lag [--claims 5 20 80] [--models] [--picture bench/lag.svg]``
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from probatum.claims.split import split
from probatum.consensus.epoch import Policy
from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network, init
from probatum.coordinator.seats import load_seat
from probatum.coordinator.verification import Evidence
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.evidence.retrieval import Index
from probatum.evidence.static_embedding import StaticEmbedder
from probatum.gateway.verifier import LiveVerifier, Material
from probatum.ledger.records import Settlement
from probatum.testing.committee import committee
from probatum.testing.embedded import PacedValidator, embedded
from probatum.validators.protocol import Validator

JUDGING_S = 0.2
TOKENS_PER_S = 20.0
LIMIT = 2.0


class Forgetful:
    """A propagation ledger that keeps nothing: only the round's own ledger is in the lag."""

    async def settle(self, generation: str, settlement: Settlement) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from the last token to the certificate: judged while streaming, judged afterwards, and of one claim alone."""

    claims: int
    streaming: float
    afterwards: float
    alone: float

    @property
    def ratio(self) -> float:
        """How many times the time of the last claim alone."""
        return self.streaming / self.alone


def sentences(count: int) -> list[str]:
    """Claims of six words each, all different."""
    return [f"Tower number {number} is {100 + number} metres tall." for number in range(count)]


def gather(evidence: Evidence) -> Material:
    """All towers in one source."""
    source = read_source(*evidence.sources[0])
    return Material(Index(list(cut(source)), StaticEmbedder()), (source.copy_digest,))


@contextmanager
def scripted() -> Iterator[tuple[Network, Callable[[str], Validator]]]:
    """Four validators of 200 ms."""
    made = committee(4, policy=Policy(min_families=2))
    with tempfile.TemporaryDirectory(prefix="probatum-bench-") as name, embedded(made, Path(name)) as network:
        models = {member.id: member.model for member in made.epoch.members}
        yield network, lambda validator: PacedValidator(models[validator], JUDGING_S)


@contextmanager
def built_in() -> Iterator[tuple[Network, Callable[[str], Validator]]]:
    """The default network."""
    with tempfile.TemporaryDirectory(prefix="probatum-bench-") as name, init(Path(name) / "network") as network:
        seats = {seat.id: seat for seat in network.settings.seats}
        yield network, cache(lambda validator: load_seat(seats[validator]))


async def lag(verifier: LiveVerifier, claims: Sequence[str], rate: float | None) -> float:
    """Seconds from the last token to the settlement; ``rate`` in tokens a second, or the whole text at once."""
    evidence = Evidence((("towers.txt", " ".join(sentences(len(claims) or 1)).encode()),))
    verification = await verifier.start("gen_0", evidence)
    tokens = " ".join(claims).split(" ")
    began = time.perf_counter()
    for number, token in enumerate(tokens):
        if rate:
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        verification.feed(token if number == 0 else f" {token}")
    ended = time.perf_counter()
    verification.finish()
    result = await verification.result()
    if result.report is None:
        raise AssertionError(f"no round: {result.reason}")
    return time.perf_counter() - ended


async def measured(network: Network, load: Callable[[str], Validator], counts: Sequence[int]) -> list[Lag]:
    """The lags for texts of so many claims."""
    early, late = (LiveVerifier(network, Tools(load, None, split), gather, Forgetful(), early=on) for on in (True, False))
    for verifier in (early, late):
        await verifier.open()
        await lag(verifier, sentences(2), None)  # warm
    found = []
    for count in counts:
        alone = sorted([await lag(early, sentences(1), None) for _ in range(5)])[2]
        streaming = await lag(early, sentences(count), TOKENS_PER_S)
        found.append(Lag(count, streaming, await lag(late, sentences(count), None), alone))
    for verifier in (early, late):
        await verifier.close()
    return found


def measure(counts: Sequence[int] = (5, 20, 80), *, models: bool = False) -> list[Lag]:
    """Lags with scripted validators, or with the built-in models."""
    with built_in() if models else scripted() as (network, load):
        return asyncio.run(measured(network, load, counts))


def picture(series: Mapping[str, Sequence[Lag]]) -> str:
    """Lag by number of claims as an SVG document, one panel per committee."""
    width, height, left, top = 460, 300, 56, 44
    body = []
    for panel, (title, lags) in enumerate(series.items()):
        highest = max(max(one.streaming, one.afterwards) for one in lags) * 1.1
        most = max(one.claims for one in lags)

        def at(claims: float, seconds: float, most: int = most, highest: float = highest) -> str:
            x = left + (width - left - 20) * claims / most
            return f"{x:.1f},{top + (height - top - 44) * (1 - seconds / highest):.1f}"

        lines = [
            ("judged after the text", "#D55E00", [at(one.claims, one.afterwards) for one in lags]),
            ("judged while it streams", "#0072B2", [at(one.claims, one.streaming) for one in lags]),
        ]
        drawn = [f'<text x="{left}" y="20" font-size="14" font-weight="600">{title}</text>']
        for row, (label, colour, points) in enumerate(lines):
            drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2.4" points="{" ".join(points)}"/>')
            drawn += [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3.5" fill="{colour}"/>' for p in points]
            drawn.append(f'<text x="{left + 8}" y="{top + 14 + 16 * row}" fill="{colour}">{label}</text>')
        x0, y0 = at(0, 0).split(",")
        x1, y1 = at(most, highest).split(",")
        drawn.append(f'<path d="M{x0},{y1} V{y0} H{x1}" fill="none" stroke="#555555"/>')
        for one in lags:
            x = at(one.claims, 0).split(",")[0]
            drawn.append(f'<text x="{x}" y="{float(y0) + 16:.1f}" text-anchor="middle">{one.claims}</text>')
        for share in (0.0, 0.5, 1.0):
            y = float(at(0, highest * share).split(",")[1])
            drawn.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{highest * share:.1f} s</text>')
        drawn.append(f'<text x="{(left + width) / 2}" y="{height - 8}" text-anchor="middle">claims in the text</text>')
        body.append(f'<g transform="translate({panel * width},0)">{"".join(drawn)}</g>')
    size = f'width="{len(series) * width}" height="{height}" viewBox="0 0 {len(series) * width} {height}"'
    style = 'font-family="system-ui, sans-serif" font-size="12"'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{ground}{"".join(body)}</svg>\n'


def page(series: Mapping[str, Sequence[Lag]], drawn: str) -> str:
    """The same figures as a Markdown page that shows the picture ``drawn``."""
    rows = [
        f"| {name} | {one.claims} | {one.streaming:.2f} s | {one.afterwards:.2f} s | {one.alone:.3f} s | {one.ratio:.2f} |"
        for name, lags in series.items()
        for one in lags
    ]
    head = f"""# Measured: from the last token to the certificate

Written by `python -m bench.lag --models --picture`. Tokens come at {TOKENS_PER_S:.0f} a second. *Alone* is one claim handed over
whole; required is a ratio of at most {LIMIT:.0f} with validators of {JUDGING_S * 1000:.0f} ms a claim.

| validators | claims | judged while it streams | judged after the text | the last claim alone | ratio |
| --- | --- | --- | --- | --- | --- |
"""
    return head + "\n".join(rows) + f"\n\n![lag by number of claims]({drawn})\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, nargs="+", default=[5, 20, 80])
    parser.add_argument("--models", action="store_true", help="also with the built-in models")
    parser.add_argument("--picture", type=Path, help="where to draw it; a page of the figures is written beside it")
    options = parser.parse_args()
    series = {"validators of 200 ms a claim": measure(options.claims)}
    if options.models:
        series["built-in validators"] = measure(options.claims, models=True)
    for name, lags in series.items():
        for one in lags:
            print(json.dumps({"validators": name, "claims": one.claims, "streaming_s": round(one.streaming, 3),
                              "afterwards_s": round(one.afterwards, 3), "alone_s": round(one.alone, 3),
                              "ratio": round(one.ratio, 2), "required": f"<= {LIMIT}"}))  # fmt: skip
    if options.picture:
        options.picture.write_text(picture(series), encoding="utf-8")
        options.picture.with_suffix(".md").write_text(page(series, options.picture.name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
