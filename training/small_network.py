"""The training loop of a small network."""

# ruff: noqa: S311
from __future__ import annotations

import argparse
import json
import random
import time
from typing import Any

import numpy as np
import torch
from torch import nn

from crossencoder import balanced_accuracy, half, loss_of
from data import NOT_SUPPORTED


def run(
    model: nn.Module,
    train: list[Any],
    watch: dict[str, list[Any]],
    args: argparse.Namespace,
    collate: Any,
    batches: Any,
    predict: Any,
) -> None:
    """Train: AdamW, warm-up, linear decay over planned steps, checkpoints, a log for
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
            with half():
                logits = model(*inputs)
            loss = loss_of(logits, labels)
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
