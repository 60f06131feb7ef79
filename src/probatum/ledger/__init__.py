"""What must survive a crash: epochs, locks, rounds, ballots, certificates and log leaves. SQLite by default."""
