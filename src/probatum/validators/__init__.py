"""Judging: the ``Validator`` protocol, the built-in models and the OpenAI-compatible one.

Importing this package loads no model library; see ``probatum.validators.builtin``.
"""
