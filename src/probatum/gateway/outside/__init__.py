"""Addresses outside: evidence by URL and webhooks, to public addresses only."""
