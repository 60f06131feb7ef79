"""The transparency log as static files (c2sp.org/tlog-tiles): anyone mirrors them, and checks every proof without asking."""

from __future__ import annotations

import asyncio
import gzip
import re
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from probatum.encoding.digest import Digest
from probatum.errors import LogError
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.public.resource import forever, has_already, tagged
from probatum.ledger.reading import LedgerReader
from probatum.tlog.tiles import Tile, parse_path

PREFIX: Final = "/log"
_BINARY: Final = "application/octet-stream"
_TEXT: Final = "text/plain; charset=utf-8"
_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


def routes(reader: LedgerReader) -> list[Route]:
    """Handlers over a network's ledger."""
    return [
        Route(f"{PREFIX}/checkpoint", partial(checkpoint, reader), methods=["GET"], name="GET /log/checkpoint"),
        Route(f"{PREFIX}/tile/{{path:path}}", partial(tile, reader), methods=["GET"], name="GET /log/tile"),
    ]


async def checkpoint(reader: LedgerReader, request: Request) -> Response:
    """The newest signed checkpoint; asked about again before each use."""
    note = await asyncio.to_thread(reader.checkpoint)
    if note is None:
        raise HttpRefusal(404, "checkpoint_not_found", "the log is empty: it has no checkpoint yet")
    return tagged(request, note, str(Digest.of(note)), {"cache-control": "no-cache"}, _TEXT)


async def tile(reader: LedgerReader, request: Request) -> Response:
    """A tile of hashes, or a bundle of entries. Whatever exists never changes; the one spelling of its path is the only one."""
    path = f"tile/{request.path_params['path']}"
    try:
        wanted = parse_path(path)
    except LogError as error:
        raise HttpRefusal(404, "tile_not_found", str(error)) from None
    read = partial(reader.tile, wanted) if isinstance(wanted, Tile) else partial(reader.entries, wanted)
    data = await asyncio.to_thread(read)
    if data is None:
        raise HttpRefusal(404, "tile_not_found", f"the log has no {wanted.path} yet; its checkpoint says how large it is")
    headers, tag = {"cache-control": forever(public=True)}, str(Digest.of(data))
    if isinstance(wanted, Tile):
        return tagged(request, data, tag, headers, _BINARY)
    return await _entries(request, data, tag, headers)


async def _entries(request: Request, data: bytes, tag: str, headers: dict[str, str]) -> Response:
    """Entries are text, so they are worth compressing; two encodings are two representations, with two tags."""
    headers = headers | {"vary": "accept-encoding"}
    if not _GZIP.search(request.headers.get("accept-encoding", "")):
        return tagged(request, data, tag, headers, _BINARY)
    packed = b"" if has_already(request, f"{tag}-gzip") else await asyncio.to_thread(gzip.compress, data, 6, mtime=0)
    return tagged(request, packed, f"{tag}-gzip", headers | {"content-encoding": "gzip"}, _BINARY)
