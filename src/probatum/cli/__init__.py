"""The ``probatum`` command."""
