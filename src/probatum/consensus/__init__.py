"""The round as pure code: epoch, assignment, ballot, tally, outcome, certificate. No I/O, no clock, no randomness."""
