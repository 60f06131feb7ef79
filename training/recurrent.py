# ruff: noqa: S311
"""Train the recurrent judge: bidirectional GRU and cross-attention over frozen static token embeddings (ESIM-like, after Chen
et al. 2017).

Each token also carries match bits (does it, its left pair, its right pair occur in the other text), because the static
vectors of two
different numbers or names can be close. Evidence up to 200 tokens, claim up to 72.

Run: ``python training/recurrent.py`` (about 35 minutes on one core). Resumes from ``--run``. Writes ``model.npz``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from augment import SOURCES, augmented
from crossencoder import balanced_accuracy, loss_of
from data import NOT_SUPPORTED, Row, held_out, read_rows, sample
from mixes import RECURRENT

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators.recurrent import BITS, MAX_CLAIM, MAX_EVIDENCE, SCALE, match_bits
from probatum.validators.vectors import StaticVectors

PROJECT, HIDDEN, COMPARE, COMPOSE = 128, 80, 112, 56


class Recurrent(nn.Module):
    """See ``probatum.validators.recurrent`` for the same computation in numpy; the names of the parameters are shared."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Embedding.from_pretrained(table, freeze=True)
        width = table.shape[1]
        self.project = nn.Linear(width, PROJECT)
        self.gru = nn.GRU(PROJECT + BITS, HIDDEN, batch_first=True, bidirectional=True)
        self.compare = nn.Linear(8 * HIDDEN + BITS, COMPARE)
        self.compose = nn.GRU(COMPARE, COMPOSE, batch_first=True, bidirectional=True)
        self.hidden = nn.Linear(4 * COMPOSE + 2 * COMPARE, 128)
        self.out = nn.Linear(128, 3)
        self.drop = nn.Dropout(0.2)

    def read(self, ids: Tensor, bits: Tensor, lengths: Tensor) -> Tensor:
        x = torch.cat([torch.relu(self.project(self.drop(self.table(ids)))), bits], -1)
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=ids.shape[1])[0]

    def forward(self, c: Tensor, cb: Tensor, cl: Tensor, e: Tensor, eb: Tensor, el: Tensor) -> Tensor:
        hc, he = self.read(c, cb, cl), self.read(e, eb, el)
        mc = torch.arange(c.shape[1])[None] < cl[:, None]
        me = torch.arange(e.shape[1])[None] < el[:, None]
        scores = hc @ he.transpose(1, 2) / HIDDEN**0.5
        over_e = torch.softmax(scores.masked_fill(~me[:, None, :], -1e4), -1)
        over_c = torch.softmax(scores.transpose(1, 2).masked_fill(~mc[:, None, :], -1e4), -1)
        ac, ae = over_e @ he, over_c @ hc
        vc = torch.relu(self.compare(self.drop(torch.cat([hc, ac, hc - ac, hc * ac, cb], -1))))
        ve = torch.relu(self.compare(self.drop(torch.cat([he, ae, he - ae, he * ae, eb], -1)))) * me[..., None]
        packed = nn.utils.rnn.pack_padded_sequence(vc, cl, batch_first=True, enforce_sorted=False)
        oc = nn.utils.rnn.pad_packed_sequence(self.compose(packed)[0], batch_first=True, total_length=c.shape[1])[0]
        pooled = torch.cat(
            [
                oc.sum(1) / cl[:, None],
                oc.masked_fill(~mc[..., None], -1e4).max(1).values,
                ve.sum(1) / el[:, None],
                ve.max(1).values,
            ],
            -1,
        )
        return self.out(self.drop(torch.tanh(self.hidden(self.drop(pooled)))))


Item = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]


def encode(vectors: StaticVectors, rows: list[Row]) -> list[Item]:
    out: list[Item] = []
    for start in range(0, len(rows), 2048):
        part = rows[start : start + 2048]
        claims = vectors.tokenizer.encode_batch([r.claim for r in part], add_special_tokens=False)
        texts = vectors.tokenizer.encode_batch([r.evidence for r in part], add_special_tokens=False)
        for row, c, e in zip(part, claims, texts, strict=True):
            ci, ei = np.array(c.ids[:MAX_CLAIM] or [0], np.int32), np.array(e.ids[:MAX_EVIDENCE] or [0], np.int32)
            out.append((ci, match_bits(ci, ei), ei, match_bits(ei, ci), row.label))
    return out


def collate(items: list[Item]) -> tuple[tuple[Tensor, ...], Tensor]:
    parts: list[Tensor] = []
    for which in (0, 2):
        longest = max(len(item[which]) for item in items)
        ids = np.zeros((len(items), longest), np.int64)
        bits = np.zeros((len(items), longest, BITS), np.float32)
        for i, item in enumerate(items):
            ids[i, : len(item[which])] = item[which]
            bits[i, : len(item[which])] = item[which + 1]
        parts += [torch.from_numpy(ids), torch.from_numpy(bits), torch.tensor([len(item[which]) for item in items])]
    return tuple(parts), torch.tensor([item[4] for item in items])


def batches(items: list[Item], tokens: int, rng: random.Random) -> Iterator[list[Item]]:
    """One epoch, bucketed by length in pools of 4,096."""
    order = list(range(len(items)))
    rng.shuffle(order)
    for start in range(0, len(order), 4096):
        pool = sorted(order[start : start + 4096], key=lambda i: len(items[i][2]))
        made: list[list[int]] = []
        current: list[int] = []
        for i in pool:
            if current and (len(current) + 1) * (len(items[i][2]) + 24) > tokens:
                made.append(current)
                current = []
            current.append(i)
        made.append(current)
        rng.shuffle(made)
        for batch in made:
            yield [items[i] for i in batch]


@torch.no_grad()
def predict(model: nn.Module, items: list[Item]) -> np.ndarray:
    model.eval()
    out = np.zeros((len(items), 3), np.float32)
    order = sorted(range(len(items)), key=lambda i: len(items[i][2]))
    for start in range(0, len(order), 64):
        part = order[start : start + 64]
        out[part] = model(*collate([items[i] for i in part])[0]).numpy()
    model.train()
    return out


def run(
    model: nn.Module,
    train: list[Any],
    watch: dict[str, list[Any]],
    args: argparse.Namespace,
    collate: Any,
    batches: Any,
    predict: Any,
) -> None:
    """The training loop that the two small networks share: AdamW, warm-up, linear decay over planned steps, checkpoints, a log for
    the curve.
    """
    torch.manual_seed(args.seed)
    parameters = [p for p in model.parameters() if p.requires_grad]
    print(f"{len(train)} rows, {sum(p.numel() for p in parameters)} trained parameters", flush=True)
    optimiser = torch.optim.AdamW(parameters, lr=args.lr, weight_decay=1e-3)
    per_epoch = sum(1 for _ in batches(train, args.batch_tokens, random.Random(args.seed)))
    total = int(per_epoch * args.epochs)
    checkpoint, step = args.run / "checkpoint.pt", 0
    args.run.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        step = saved["step"]
        print(f"resumed at step {step}", flush=True)
    log, began, saved_at, running, first = (args.run / "log.jsonl").open("a"), time.time(), time.time(), 0.0, step
    model.train()
    at = 0
    for epoch in range(int(np.ceil(args.epochs))):
        for batch in batches(train, args.batch_tokens, random.Random(args.seed + epoch)):
            at += 1
            if at <= step or step >= total:
                continue
            inputs, labels = collate(batch)
            for group in optimiser.param_groups:
                group["lr"] = args.lr * min(1.0, step / 300) * max(0.01, 1 - step / total)
            loss = loss_of(model(*inputs), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 2.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            running = loss.item() if not running else 0.99 * running + 0.01 * loss.item()
            if step % 200 == 0:
                rate = (step - first) / (time.time() - began)
                print(f"step {step}/{total} loss {running:.3f}, {(total - step) / rate / 60:.0f} min left", flush=True)
            if step % args.watch_every == 0 or step == total:
                entry: dict[str, Any] = {"step": step, "loss": round(running, 4)}
                for name, items in watch.items():
                    logits, truth = predict(model, items), np.array([item[-1] for item in items])
                    known = truth < NOT_SUPPORTED
                    entry[name] = round(balanced_accuracy(logits, truth), 4)
                    entry[name + "_3way"] = round(float((logits[known].argmax(1) == truth[known]).mean()), 4)
                print(json.dumps(entry), flush=True)
                log.write(json.dumps(entry) + "\n")
                log.flush()
            if time.time() - saved_at > 120 or step == total:
                temporary = checkpoint.with_suffix(".tmp")
                torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, temporary)
                temporary.replace(checkpoint)
                saved_at = time.time()


def export(state: dict[str, Tensor], path: Path) -> None:
    """float16 arrays under the parameters' names."""
    np.savez_compressed(path, **{k: v.numpy().astype(np.float16) for k, v in state.items() if not k.startswith("table")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--run", type=Path, default=Path("training/runs/recurrent"))
    parser.add_argument("--static", type=Path, default=Path("src/probatum/weights/static"))
    parser.add_argument("--out", type=Path, default=Path("src/probatum/weights/recurrent/model.npz"))
    parser.add_argument("--epochs", type=float, default=1.5)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--watch-every", type=int, default=600)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--export-only", action="store_true", help="export the last checkpoint as it is")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    vectors = StaticVectors(args.static)
    model = Recurrent(torch.from_numpy(vectors.rows(np.arange(32000)) / SCALE))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    if args.export_only:
        export(torch.load(args.run / "checkpoint.pt", weights_only=True)["model"], args.out)
        return
    everything = [*read_rows(args.data / "train.jsonl.gz"), *read_rows(args.hard)]
    kept = [r for r in everything if not held_out(r)]
    chosen = augmented(sample(kept, RECURRENT, args.seed), [r for r in kept if r.set in (*SOURCES, "begin")], args.seed)
    train = encode(vectors, chosen)
    kept_out = [r for r in everything if held_out(r)]
    watch = {
        "nli_held_out": encode(vectors, sample(kept_out, {"ling_in_loop": 600, "mnli": 300}, 7)),
        "hard_held_out": encode(vectors, sample(kept_out, {"hard_cases": 1000}, 7)),
    }
    run(model, train, watch, args, collate, batches, predict)
    export(model.state_dict(), args.out)


if __name__ == "__main__":
    main()
