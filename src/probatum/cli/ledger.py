"""Opening the propagation ledger that a command is about."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from probatum.coordinator.folder import default_folder
from probatum.errors import SettingsRefused
from probatum.ledger.propagation.database import FILE, Database


def open_ledger(arguments: Namespace) -> Database:
    """The database of ``--database``, else that of the network folder.

    Raises:
        SettingsRefused: the folder has none; it is made where text is served, not where it is asked for.
    """
    if arguments.database is not None:
        return Database(arguments.database)
    folder = arguments.network or default_folder()
    if not (folder / FILE).exists():
        raise SettingsRefused(f"no propagation ledger in {folder}; it is made by 'probatum serve', or name one with --database")
    return Database.in_folder(folder)


@contextmanager
def find_ledger(arguments: Namespace, folder: Path) -> Iterator[Database | None]:
    """:func:`open_ledger`, or ``None`` where no database is named and none was made in the folder yet."""
    if arguments.database is None and not (folder / FILE).exists():
        yield None
        return
    with open_ledger(arguments) as database:
        yield database
