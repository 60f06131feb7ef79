"""The upstream of ``bench.soak``: ``python -m bench.soak_upstream PORT``."""

from __future__ import annotations

import asyncio
import sys

from bench.http_load import serve
from bench.soak import Teller

if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Teller))
