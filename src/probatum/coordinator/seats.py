"""From a seat's settings to a validator that can judge, or a language model that can split."""

from __future__ import annotations

from collections.abc import Callable

from probatum.claims.draft import Draft
from probatum.coordinator.settings import BuiltinModel, Endpoint, Seat
from probatum.validators.protocol import Validator


def load_seat(seat: Seat) -> Validator:
    """Load a seat's model; raises ValidatorUnavailable when it cannot be."""
    if isinstance(seat.model, BuiltinModel):
        from probatum.validators.builtin import load_builtin

        return load_builtin(seat.model.model)
    from probatum.validators.openai_compatible import OpenAICompatible

    return OpenAICompatible(
        base_url=seat.model.base_url, model=seat.model.model, family=seat.model.family, key_env=seat.model.key_env
    )


def splitter(endpoint: Endpoint) -> Callable[[bytes], tuple[Draft, ...]]:
    """A splitter that asks a language model; each sentence whose proposal fails the check falls back to the built-in split."""
    from probatum.claims.proposal import decompose_with
    from probatum.validators.openai_compatible import complete

    return lambda output: decompose_with(
        lambda prompt: complete(endpoint.base_url, endpoint.model, endpoint.key_env, prompt), output
    )
