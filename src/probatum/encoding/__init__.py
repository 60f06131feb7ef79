"""Bytes first: canonical JSON, digests, strict base64 and RFC 6962 trees."""
