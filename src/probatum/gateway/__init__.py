"""The HTTP gateway: streams provisional text at once, certifies while it streams, and says of everything which of the two it is."""
