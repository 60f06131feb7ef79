"""The gateway's OpenAPI 3.1 document. Every route is in it, and the tests hold a running gateway against it."""

from probatum.gateway.openapi.document import document

__all__ = ["document"]
