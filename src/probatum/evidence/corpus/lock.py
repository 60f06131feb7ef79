"""One process at a time changes a corpus. The lock goes with its process, so none is ever stale."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock on the file ``path``, which is made and stays.

    Args:
        path: the file; its folder must exist.
        waiting: called once if somebody else holds the lock, before waiting for it.

    Raises:
        OSError: the file cannot be opened or locked.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(handle, wait=False):
            waiting()
            _take(handle, wait=True)
        yield
    finally:
        os.close(handle)  # and with it the lock


if sys.platform == "win32":

    def _take(handle: int, *, wait: bool) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False if not wait else _take(handle, wait=True)  # LK_LOCK gives up after ten seconds
        return True

else:

    def _take(handle: int, *, wait: bool) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
