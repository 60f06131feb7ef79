"""What is named by its hash: certificates, rounds, outputs, fragments; and the log as static files."""
