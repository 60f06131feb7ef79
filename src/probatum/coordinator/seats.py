"""From a seat's settings to a validator that can judge, or a language model that can split."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from probatum.claims.draft import Draft
from probatum.coordinator.settings import BuiltinModel, Endpoint, Seat
from probatum.errors import ValidatorUnavailable
from probatum.validators.protocol import Validator

if TYPE_CHECKING:
    from probatum.validators.chat import RemoteSettings


def load_seat(seat: Seat) -> Validator:
    """Load a seat's model; raises ValidatorUnavailable when it cannot be."""
    if isinstance(seat.model, BuiltinModel):
        from probatum.validators.builtin import load_builtin

        return load_builtin(seat.model.model)
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
