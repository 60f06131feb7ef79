"""What went out to whom, over HTTP: traces, reported releases, and recalls until they are acknowledged."""
