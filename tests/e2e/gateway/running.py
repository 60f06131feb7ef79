"""Starting gateways and upstreams on free ports of the loopback address, and waiting until they serve; no sleeping."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from probatum.testing.upstream import FakeUpstream, Script

ROOT = Path(__file__).parents[3]
BYTECODE = str(Path(tempfile.gettempdir()) / "probatum-tests-bytecode")
_LISTENING = re.compile(r"listening on (http://\S+)")


@dataclass(slots=True)
class Running:
    """A gateway's process.

    Attributes:
        process: it.
        url: where it listens.
        lines: what it has said and logged so far; read on by a thread.
    """

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)
    _said: threading.Condition = field(default_factory=threading.Condition)
    _reader: threading.Thread | None = None

    def begin(self) -> None:
        """Read what it says on a thread."""
        self._reader = threading.Thread(target=self.follow, daemon=True)
        self._reader.start()

    def follow(self) -> None:
        """Read what it says, until its end."""
        assert self.process.stderr is not None
        with self.process.stderr as said:
            for line in said:
                with self._said:
                    self.lines.append(line)
                    self._said.notify_all()
        with self._said:
            self.lines.append("")
            self._said.notify_all()

    def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """The first line that matches, once it is said."""

        def found() -> re.Match[str] | None:
            return next((match for line in self.lines if (match := pattern.search(line))), None)

        with self._said:
            ended = self._said.wait_for(lambda: found() is not None or self.lines[-1:] == [""], timeout=60)
        match = found()
        assert ended, "it says nothing"
        assert match is not None, "".join(self.lines)
        return match

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        self.process.kill()
        self.process.wait()
        assert self._reader is not None
        self._reader.join()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


def config(folder: Path, **settings: Any) -> Path:
    """A settings file beside the folder."""
    file = folder.with_name(f"{folder.name}.toml")
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in ({"port": 0} | settings).items()))
    return file


def start(folder: Path, **settings: Any) -> Running:
    """A gateway over a folder, once it listens."""
    command = [sys.executable, "-m", "tests.e2e.gateway.program", str(folder), str(config(folder, **settings))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "PYTHONPYCACHEPREFIX": BYTECODE}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # many starts: compile once
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)  # noqa: S603
    running = Running(process)
    running.begin()
    try:
        running.url = running.wait_for(_LISTENING)[1]
    except BaseException:
        running.kill()
        raise
    return running


@contextmanager
def gateway(folder: Path, **settings: Any) -> Iterator[Running]:
    """A gateway that is killed at the end, if it has not ended before."""
    folder.mkdir(exist_ok=True)
    running = start(folder, **settings)
    try:
        yield running
    finally:
        running.kill()


@contextmanager
def upstream(app: FakeUpstream) -> Iterator[str]:
    """A fake upstream on a thread; its base URL."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([taken],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
        taken.close()


def saying(what: Any, token_ms: int = 1) -> FakeUpstream:
    """An upstream that says ``what(number)`` when it is asked for a number."""
    return FakeUpstream(lambda body: Script(text=what(int(body["messages"][-1]["content"])), token_ms=token_ms))
