"""Train the cross-attention judge: a small network over the frozen token vectors of all-MiniLM-L6-v2.

The sentence encoder never changes, so the vectors of a passage can be kept and used for every claim, and shared with
retrieval. The network
sees the same int8 encoder in training as at run time.

Steps: ``python training/crossattention.py vectors`` (about 15 minutes on one core, makes a few GB under ``--run``), then ``train``.
Both resume. Writes ``model.npz``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from augment import augmented
from data import MADE_FILES, Row, held_out, read_rows, sample
from mixes import CROSSATTENTION
from small_network import run

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators.crossattention import HEADS, MAX_CLAIM, MAX_EVIDENCE, WIDTH, TokenEncoder
from probatum.validators.matching import BITS, match_bits

ROWS = 8  # seed of the rows: a second run has other weights at the start and another order, and reads the same vectors


class CrossAttention(nn.Module):
    """See ``probatum.validators.crossattention`` for the same computation in numpy."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(384 + BITS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.compare = nn.Linear(4 * WIDTH + HEADS + BITS, WIDTH)
        self.mix = nn.Conv1d(WIDTH, WIDTH, 3, padding=1)
        self.back = nn.Linear(4 * WIDTH + BITS, WIDTH)
        self.hidden = nn.Linear(4 * WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, 3)
        self.drop = nn.Dropout(0.15)

    def forward(self, c: Tensor, cb: Tensor, cl: Tensor, e: Tensor, eb: Tensor, el: Tensor) -> Tensor:
        mc = torch.arange(c.shape[1])[None] < cl[:, None]
        me = torch.arange(e.shape[1])[None] < el[:, None]
        hc = self.norm(torch.nn.functional.gelu(self.project(torch.cat([self.drop(c), cb], -1))))
        he = self.norm(torch.nn.functional.gelu(self.project(torch.cat([self.drop(e), eb], -1))))
        size = WIDTH // HEADS
        q = self.query(hc).unflatten(-1, (HEADS, size)).transpose(1, 2)
        k = self.key(he).unflatten(-1, (HEADS, size)).transpose(1, 2)
        scores = q @ k.transpose(2, 3) / size**0.5
        attention = torch.softmax(scores.masked_fill(~me[:, None, None, :], -1e4), -1)
        read = (attention @ he.unflatten(-1, (HEADS, size)).transpose(1, 2)).transpose(1, 2).flatten(2)
        peak = attention.max(-1).values.transpose(1, 2)
        vc = (
            torch.nn.functional.gelu(self.compare(self.drop(torch.cat([hc, read, (hc - read).abs(), hc * read, peak, cb], -1))))
            * mc[..., None]
        )
        vc = (vc + torch.nn.functional.gelu(self.mix(vc.transpose(1, 2)).transpose(1, 2))) * mc[..., None]
        mean_scores = scores.mean(1).transpose(1, 2)
        over_c = torch.softmax(mean_scores.masked_fill(~mc[:, None, :], -1e4), -1) @ hc
        ve = (
            torch.nn.functional.gelu(self.back(self.drop(torch.cat([he, over_c, (he - over_c).abs(), he * over_c, eb], -1))))
            * me[..., None]
        )
        pooled = torch.cat(
            [
                vc.sum(1) / cl[:, None],
                vc.masked_fill(~mc[..., None], -1e4).max(1).values,
                ve.sum(1) / el[:, None],
                ve.masked_fill(~me[..., None], -1e4).max(1).values,
            ],
            -1,
        )
        return self.out(self.drop(torch.nn.functional.gelu(self.hidden(self.drop(pooled)))))


class Store:
    """Token ids and vectors of texts in two flat files; float16."""

    def __init__(self, folder: Path) -> None:
        self.index: dict[str, tuple[int, int]] = {}
        with (folder / "index.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                text, start, size = json.loads(line)
                self.index[text] = (start, size)
        self.ids = np.fromfile(folder / "ids.bin", np.int32)
        self.vectors = np.memmap(folder / "vectors.bin", np.float16, "r").reshape(-1, 384)

    def get(self, text: str, limit: int) -> tuple[np.ndarray, int]:
        start, size = self.index[text]
        return self.ids[start : start + min(size, limit)], start


def chosen(args: argparse.Namespace) -> tuple[list[Row], dict[str, list[Row]]]:
    everything = [*read_rows(args.data / "train.jsonl.gz"), *(row for path in args.hard for row in read_rows(path))]
    out = [r for r in everything if held_out(r)]
    kept = [r for r in everything if not held_out(r)]
    train = augmented(sample(kept, CROSSATTENTION, ROWS), [r for r in kept if r.set in CROSSATTENTION], ROWS)
    return train, {
        "nli_held_out": sample(out, {"ling_in_loop": 600, "mnli": 300}, 7),
        "hard_held_out": sample(out, {"hard_cases": 400, "summary_cases": 150}, 7),
    }


def vectors(args: argparse.Namespace) -> None:
    """Encode every distinct text once, sorted by length so that batches need little padding; restart continues where it stopped."""
    args.run.mkdir(parents=True, exist_ok=True)
    train, watch = chosen(args)
    rows = [*train, *watch["nli_held_out"], *watch["hard_held_out"]]
    texts = sorted({t for r in rows for t in (r.evidence, r.claim)}, key=lambda t: (len(t), t))
    encoder = TokenEncoder(args.weights, threads=args.threads)
    index_path, at = args.run / "index.jsonl", 0
    if index_path.exists():
        kept = [json.loads(line) for line in index_path.read_text(encoding="utf-8").splitlines()]
        known = {entry[0] for entry in kept}
        at = sum(kept[-1][1:]) if kept else 0
        texts = [t for t in texts if t not in known]
    began = time.time()
    with (
        index_path.open("a", encoding="utf-8") as index,
        (args.run / "ids.bin").open("ab") as ids_file,
        (args.run / "vectors.bin").open("ab") as vector_file,
    ):
        ids_file.truncate(at * 4)
        vector_file.truncate(at * 384 * 2)
        for start in range(0, len(texts), 64):
            part = texts[start : start + 64]
            for text, (ids, matrix) in zip(part, encoder.encode(part), strict=True):
                ids_file.write(ids.astype(np.int32).tobytes())
                vector_file.write(matrix.astype(np.float16).tobytes())
                index.write(json.dumps([text, at, len(ids)]) + "\n")
                at += len(ids)
            if start // 64 % 100 == 0:
                print(f"{start}/{len(texts)} texts, {at} tokens, {time.time() - began:.0f} s", flush=True)
    print("done", len(texts), at, flush=True)


def train(args: argparse.Namespace) -> None:
    store = Store(args.run)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    def encode(rows: list[Row]) -> list[Any]:
        out = []
        for row in rows:
            ci, cs = store.get(row.claim, MAX_CLAIM)
            ei, es = store.get(row.evidence, MAX_EVIDENCE)
            out.append((cs, ci, es, ei, row.label))
        return out

    def collate(items: list[Any]) -> tuple[tuple[Tensor, ...], Tensor]:
        parts: list[Tensor] = []
        for start_at, ids_at, other_at in ((0, 1, 3), (2, 3, 1)):
            longest = max(len(item[ids_at]) for item in items)
            vectors = np.zeros((len(items), longest, 384), np.float32)
            bits = np.zeros((len(items), longest, BITS), np.float32)
            for i, item in enumerate(items):
                size = len(item[ids_at])
                vectors[i, :size] = store.vectors[item[start_at] : item[start_at] + size]
                bits[i, :size] = match_bits(item[ids_at], item[other_at])
            parts += [torch.from_numpy(vectors), torch.from_numpy(bits), torch.tensor([len(item[ids_at]) for item in items])]
        return tuple(parts), torch.tensor([item[4] for item in items])

    def batches(items: list[Any], tokens: int, rng: random.Random) -> Any:
        order = list(range(len(items)))
        rng.shuffle(order)
        for start in range(0, len(order), 4096):
            pool = sorted(order[start : start + 4096], key=lambda i: len(items[i][3]))
            made: list[list[int]] = [[]]
            for i in pool:
                if made[-1] and (len(made[-1]) + 1) * (len(items[i][3]) + 24) > tokens:
                    made.append([])
                made[-1].append(i)
            rng.shuffle(made)
            for batch in made:
                yield [items[i] for i in batch]

    @torch.no_grad()
    def predict(model: nn.Module, items: list[Any]) -> np.ndarray:
        model.eval()
        out = np.zeros((len(items), 3), np.float32)
        order = sorted(range(len(items)), key=lambda i: len(items[i][3]))
        for start in range(0, len(order), 48):
            part = order[start : start + 48]
            out[part] = model(*collate([items[i] for i in part])[0]).numpy()
        model.train()
        return out

    rows, watch = chosen(args)
    model = CrossAttention()
    run(model, encode(rows), {name: encode(part) for name, part in watch.items()}, args, collate, batches, predict)
    export(model.state_dict(), args.weights / "crossattention" / "model.npz")


def export(state: dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{k: v.numpy().astype(np.float16) for k, v in state.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["vectors", "train", "export"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, nargs="+", default=MADE_FILES)
    parser.add_argument("--run", type=Path, default=Path("training/runs/crossattention"))
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument("--epochs", type=float, default=2.5)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--watch-every", type=int, default=600)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=8)
    args = parser.parse_args()
    if args.command == "vectors":
        vectors(args)
    elif args.command == "train":
        train(args)
    else:
        export(torch.load(args.run / "checkpoint.pt", weights_only=True)["model"], args.weights / "crossattention" / "model.npz")


if __name__ == "__main__":
    main()
