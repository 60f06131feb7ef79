"""Putting labelled claims to a validator, in a process of its own so that its memory and time are its own."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from probatum.consensus.verdict import Verdict
from probatum.errors import ProbatumError, ValidatorUnavailable
from probatum.measuring.metrics import Floats
from probatum.validators.protocol import BASIS_POINTS, Abstention, Judgement, Question, Validator

Tick = Callable[[int], None]
AT_ONCE = 16  # questions sent to another process together: few, so that the memory measured there is not the file's


@dataclass(frozen=True, slots=True)
class Answers:
    """What one voter said of every row.

    Attributes:
        verdicts: its vote on each row; ``None`` where it abstained or decided nothing.
        support: calibrated probability of SUPPORTED, shape (n,); NaN where it has no opinion at all.
        seconds: what judging took, loading not counted.
        peak_bytes: peak resident memory of the process that judged; ``None`` if it was not its own.
    """

    verdicts: tuple[Verdict | None, ...]
    support: Floats
    seconds: float
    peak_bytes: int | None = None

    @property
    def score(self) -> Floats:
        """``support``, and 0 where there is no opinion: silence is no support."""
        return np.nan_to_num(self.support, nan=0.0)

    def of(self, places: Sequence[int]) -> Answers:
        """The answers to some of the rows, without time and memory."""
        return Answers(tuple(self.verdicts[i] for i in places), self.support[list(places)], 0.0)


def ask(validator: Validator, questions: Sequence[Question]) -> Answers:
    """Put every question to a validator in this process."""
    started = time.perf_counter()
    verdicts: list[Verdict | None] = []
    support: list[float] = []
    for answer in validator.judge(questions):
        verdicts.append(answer.verdict if isinstance(answer, Judgement) else None)
        support.append(_support(answer))
    return Answers(tuple(verdicts), np.array(support, float), time.perf_counter() - started)


def _support(answer: Judgement | Abstention) -> float:
    """The probability of SUPPORTED. A model that gives its verdict's confidence alone is taken to split the rest evenly."""
    if answer.distribution is not None:
        return answer.distribution[0]
    if isinstance(answer, Abstention):
        return float("nan")
    confidence = answer.confidence / BASIS_POINTS
    return confidence if answer.verdict is Verdict.SUPPORTED else (1 - confidence) / 2


def ask_alone(load: Callable[[], Validator], questions: Sequence[Question], tick: Tick = lambda _: None) -> Answers:
    """:func:`ask` in a new process that loads the validator itself.

    Args:
        load: gives the validator; must be picklable.
        questions: what to ask.
        tick: hears how many are answered.

    Raises:
        ProbatumError: whatever loading raised.
        ValidatorUnavailable: the process ended without an answer, for instance for want of memory.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_judge_and_send, args=(theirs, load), daemon=True)
    process.start()
    theirs.close()
    try:
        _heard(ours, process)  # it has loaded
        parts: list[Answers] = []
        for start in range(0, max(1, len(questions)), AT_ONCE):
            with suppress(ConnectionError):  # it has ended: nothing will be heard
                ours.send(questions[start : start + AT_ONCE])
            parts.append(_heard(ours, process))
            tick(min(start + AT_ONCE, len(questions)))
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    return Answers(
        tuple(verdict for part in parts for verdict in part.verdicts),
        np.concatenate([part.support for part in parts]),
        sum(part.seconds for part in parts),
        parts[-1].peak_bytes,
    )


def _heard(channel: Connection, process: BaseProcess) -> Any:
    """What the other process sends next; an error of its own is raised here, and its end is one."""
    try:
        message = channel.recv()
    except (EOFError, ConnectionError):
        process.join()
        raise ValidatorUnavailable(
            f"the process that measured a validator ended with {process.exitcode}, without a result"
        ) from None
    if isinstance(message, ProbatumError):
        raise message
    return message


def _judge_and_send(channel: Connection, load: Callable[[], Validator]) -> None:
    """Load, say so, and answer what comes until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends this process
    try:
        validator = load()
        channel.send(None)
        while True:
            found = ask(validator, channel.recv())
            channel.send(replace(found, peak_bytes=_peak_bytes()))
    except ProbatumError as error:
        channel.send(error)
    except EOFError:
        pass


def _peak_bytes() -> int:
    """Peak resident memory of this process. ``ru_maxrss`` would count what the parent had when it started us (getrusage(2))."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
