"""Libraries that only some models need, and that nobody else should have to install."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from probatum.errors import ValidatorUnavailable


def need(module: str, user: str) -> Any:
    """Import an optional library; ``user`` says who needs it, such as ``validator NAME``.

    Raises:
        ValidatorUnavailable: it is not installed, or does not load; names the package to install.
    """
    try:
        return import_module(module)
    except ImportError as problem:
        raise ValidatorUnavailable(f"{user} needs the package {module}; 'pip install {module}' ({problem})") from None
