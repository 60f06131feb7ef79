"""What operators see: metrics, logs, traces, health. Never a text."""
