"""The propagation ledger: every generation and every release of it, hash-chained, in SQLite or PostgreSQL.

Callers open a ``database.Database``. What changes something is a function over a ``unit.Unit``, one write transaction; what reads
is a function over a connection. Formats: docs/spec/propagation.md.
"""
