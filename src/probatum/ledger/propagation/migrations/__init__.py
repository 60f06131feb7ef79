"""Alembic's environment: ``database`` runs it inside its own transaction."""
