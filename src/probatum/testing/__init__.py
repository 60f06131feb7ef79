"""Public fakes for tests: committees with fixed keys, scripted votes, a virtual clock, a seeded simulator. Never for production."""
