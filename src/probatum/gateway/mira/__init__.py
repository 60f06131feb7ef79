"""The verify API of Mira's public reference: the same requests, events and errors, and our certificate beside them."""
