"""Runs rounds: makes the request, collects ballots and signatures, publishes the outcome."""
