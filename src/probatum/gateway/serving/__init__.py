"""The process: settings, composition root, start and stop."""
