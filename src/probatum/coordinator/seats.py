"""From a seat's settings to its descriptor and threshold, to a validator that can judge, or to a language model that can split."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probatum.claims.draft import Draft
from probatum.consensus.calibration import BASIS_POINTS, basis_points
from probatum.consensus.epoch import Threshold
from probatum.consensus.model import ModelDescriptor
from probatum.coordinator.settings import BuiltinModel, Endpoint, LocalClassifier, LocalLanguageModel, Seat
from probatum.errors import ValidatorUnavailable
from probatum.validators.protocol import Validator

if TYPE_CHECKING:
    from probatum.validators.chat import RemoteSettings


def descriptor(seat: Seat) -> ModelDescriptor:
    """The model descriptor of a seat, without loading the model; raises ValidatorUnavailable for one that is not known."""
    match seat.model:
        case BuiltinModel(name):
            from probatum.validators.builtin import descriptors

            for one in descriptors():
                if one.name == name:
                    return one
            raise ValidatorUnavailable(f"no built-in model is called {name!r}; see 'probatum network show'")
        case LocalLanguageModel():
            from probatum.validators import qwen

            return qwen.descriptor()
        case LocalClassifier(_, family, digest):
            from probatum.validators import classifier

            return classifier.descriptor(seat.id, family, digest)
        case Endpoint(url, model, _, family):
            from probatum.validators.openai_compatible import remote_descriptor

            return remote_descriptor(url, model, family)


ORDINARY_STAKE: Final = 2


def stake(seat: Seat) -> int:
    """What a seat's vote weighs: a built-in model's as the shipped record says, any other's like most of these."""
    from probatum.measuring.expectation import read_record

    match seat.model:
        case BuiltinModel(name):
            return read_record().stakes.get(name, ORDINARY_STAKE)
        case _:
            return ORDINARY_STAKE


def threshold(seat: Seat) -> Threshold:
    """The confidence under which a seat's validator abstains, for the epoch's policy; without loading the model."""
    match seat.model:
        case BuiltinModel(name):
            from probatum.validators.builtin import weights_folder

            path = weights_folder() / name / "calibration.json"
            try:
                supported, insufficient, refuted = json.loads(path.read_text(encoding="utf-8"))["abstain_below"]
            except (OSError, KeyError, TypeError, ValueError) as problem:
                raise ValidatorUnavailable(f"cannot read the thresholds of {name} from {path}: {problem}") from None
        case LocalLanguageModel():
            from probatum.validators import qwen

            supported, insufficient, refuted = qwen.scaling().abstain_below
        case LocalClassifier():
            from probatum.validators import classifier

            supported = insufficient = refuted = classifier.MINIMUM
        case Endpoint():
            supported = insufficient = refuted = _remote(seat.model).minimum / BASIS_POINTS
    return Threshold(seat.id, basis_points(supported), basis_points(refuted), basis_points(insufficient))


def load_seat(seat: Seat) -> Validator:
    """Load a seat's model; raises ValidatorUnavailable when it cannot be."""
    match seat.model:
        case BuiltinModel(name):
            from probatum.validators.builtin import load_builtin

            return load_builtin(name)
        case LocalLanguageModel(path, threads):
            from probatum.validators import qwen

            return qwen.load(Path(path), threads)
        case LocalClassifier(folder, family, digest):
            from probatum.validators import classifier

            return classifier.load(Path(folder), seat.id, family, digest)
        case Endpoint():
            from probatum.validators.openai_compatible import OpenAICompatibleValidator

            return OpenAICompatibleValidator(_remote(seat.model))


def splitter(endpoint: Endpoint) -> Callable[[bytes], tuple[Draft, ...]]:
    """A splitter that asks a language model. A sentence whose proposal fails the check is split by the built-in rules instead.

    Raises:
        ValidatorUnavailable: the endpoint cannot be used, or gives no answer when asked.
    """
    from probatum.claims.proposal import decompose_with
    from probatum.validators.chat import ChatEndpoint, NoAnswer

    chat = ChatEndpoint(_remote(endpoint))

    def complete(prompt: str) -> str:
        try:
            return chat.ask({"model": endpoint.model, "temperature": 0, "messages": [{"role": "user", "content": prompt}]})
        except NoAnswer as why:
            raise ValidatorUnavailable(f"the decomposer {endpoint.model}: {why}; 'network.json' names it") from None

    return lambda output: decompose_with(complete, output)


def _remote(endpoint: Endpoint) -> RemoteSettings:
    from probatum.validators.chat import RemoteSettings

    return RemoteSettings(endpoint.base_url, endpoint.model, endpoint.family, endpoint.key_env)
