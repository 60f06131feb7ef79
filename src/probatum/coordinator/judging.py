"""Every validator at its desk: questions of many texts wait in one queue per validator and are judged together.

A question is asked as soon as a claim and its evidence are known, long before a round can open. Nothing is signed here: only in
the round does each validator vote, with what it answered to the very same question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Final, TypeAlias

from probatum.consensus.model import ModelDescriptor
from probatum.errors import ValidatorUnavailable
from probatum.validators.protocol import Abstention, Judgement, Question, Validator

MOST_TOGETHER: Final = 16  # questions handed to a model at once; more would only delay the first answer

LATE: Final = Abstention("the deadline for ballots passed")

Answer: TypeAlias = Judgement | Abstention
Load: TypeAlias = Callable[[str], Validator]


@dataclass(frozen=True, slots=True)
class _Waiting:
    question: Question
    answer: Future[Answer]


class Desk:
    """One validator, loaded when it is first needed, on a thread of its own.

    Args:
        name: the validator's id.
        load: gives its model; runs on the desk's thread.
    """

    def __init__(self, name: str, load: Load) -> None:
        self.name = name
        self._load = load
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._model: Future[Validator] = Future()
        self._starting = Lock()
        self._thread: Thread | None = None

    def open(self) -> Future[Validator]:
        """Start the thread if it does not run yet; the model, once it is loaded."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._work, name=f"validator {self.name}", daemon=True)
                self._thread.start()
        return self._model

    def ask(self, question: Question) -> Future[Answer]:
        """Put a question into the queue. The future fails with ValidatorUnavailable if the model cannot be loaded."""
        waiting = _Waiting(question, Future())
        self._queue.put(waiting)
        self.open()
        return waiting.answer

    def close(self) -> None:
        """End the thread after the questions that are in the queue now."""
        self._queue.put(None)

    def _work(self) -> None:
        try:
            model = self._load(self.name)
        except Exception as error:
            self._model.set_exception(error)
        else:
            self._model.set_result(model)
        while batch := self._take():
            self._answer(batch)

    def _take(self) -> list[_Waiting]:
        """What waits now, at least one question; empty once the desk closes. Questions that nobody waits for are left out."""
        batch: list[_Waiting] = []
        while len(batch) < MOST_TOGETHER:
            try:
                waiting = self._queue.get(block=not batch)
            except Empty:
                break
            if waiting is None:
                if batch:
                    self._queue.put(None)  # these first
                break
            if waiting.answer.set_running_or_notify_cancel():
                batch.append(waiting)
        return batch

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        left = list(batch)
        try:
            answers = self._model.result().judge([waiting.question for waiting in batch])
            for answer in answers:
                left.pop(0).answer.set_result(answer)
            for waiting in left:
                waiting.answer.set_result(Abstention("the model gave no answer"))
        except Exception as error:
            for waiting in left:
                waiting.answer.set_exception(error)


class Judges:
    """The desks of all validators of an epoch."""

    def __init__(self, names: Sequence[str], load: Load) -> None:
        self._desks = {name: Desk(name, load) for name in names}

    def open(self) -> list[Future[Validator]]:
        """Load every model, all at the same time."""
        return [desk.open() for desk in self._desks.values()]

    def ask(self, question: Question) -> dict[str, Future[Answer]]:
        """Ask every validator, by its id."""
        return {name: desk.ask(question) for name, desk in self._desks.items()}

    def model(self, name: str) -> ModelDescriptor:
        """What the validator runs.

        Raises:
            ValidatorUnavailable: its model is not loaded.
        """
        loading = self._desks[name].open()
        if not loading.done():
            raise ValidatorUnavailable(f"{name} is still loading its model")
        return loading.result().descriptor

    def close(self) -> None:
        """End all threads once their queues are empty."""
        for desk in self._desks.values():
            desk.close()


@dataclass(frozen=True, slots=True)
class Answered:
    """A validator in a round that votes with the answers it gave before; to what is not answered in time it abstains."""

    descriptor: ModelDescriptor
    answers: Mapping[Question, Future[Answer]]

    def judge(self, questions: Sequence[Question]) -> Iterator[Answer]:
        """One answer per question, at once. Raises what the model raised."""
        for question in questions:
            answer = self.answers.get(question)
            yield answer.result() if answer is not None and answer.done() else LATE
