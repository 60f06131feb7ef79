"""The layout of ARCHITECTURE.md, kept true: imports point only downward, and verifying needs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
PACKAGE = SOURCE / "probatum"

# A module imports only from its own row or rows above it. Names in one row may not import one another.
ROWS = (
    "errors frozen",
    "encoding",
    "signing",
    "claims",
    "evidence",
    "consensus",
    "tlog",
    "verify",
    "gate ledger",
    "transport",
    "weights",
    "validators",
    "measuring",
    "coordinator",
    "witness",
    "gateway",
    "web",
    "integrations",
    "cli",
    "testing",
)
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row.split()}
FREE = {"", "__main__"}  # the package itself, which imports nothing of its own, and the command's entry

HEAVY = (
    *("numpy", "onnxruntime", "tokenizers", "torch", "transformers", "xllamacpp", "pypdf", "markdown_it", "rich", "platformdirs"),
    *("httpx", "starlette", "fastapi", "flask", "uvicorn", "asyncio", "socket", "ssl", "http.client", "urllib.request"),
    *("sqlite3", "_sqlite3", "psycopg", "asyncpg", "sqlalchemy", "multiprocessing", "subprocess"),
)


def folder(path: Path) -> str:
    """The folder (or single module) of the package that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py").removeprefix("__init__")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports from the package, at any depth of nesting: folder and line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import; write the whole name"
            names = [f"probatum.{alias.name}" for alias in node.names] if node.module == "probatum" else [node.module or ""]
        for name in names:
            top, _, rest = name.partition(".")
            if top == "probatum" and rest.split(".")[0] in RANK:
                yield rest.split(".")[0], getattr(node, "lineno", 0)


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_every_folder_has_its_place() -> None:
    assert {folder(path) for path in files()} - FREE <= RANK.keys()


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_only_downward(path: Path) -> None:
    own = folder(path)
    if own in FREE:
        return
    wrong = [f"line {line}: probatum.{name}" for name, line in imports(path) if name != own and RANK[name] >= RANK[own]]
    assert not wrong, f"{own} imports from a folder that is not above it: {wrong}"


def test_verifying_loads_no_model_library_web_framework_numpy_or_database() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import probatum.verify, probatum.gate; "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    assert done.stdout.split() == []


def test_verifying_needs_only_the_signing_and_json_dependencies() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import probatum.verify, probatum.gate; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    loaded = {
        name for name in done.stdout.split() if not name.startswith(("_distutils", "_virtualenv", "sitecustomize", "__"))
    }  # from site
    assert loaded <= {"probatum", "nacl", "cffi", "_cffi_backend", "_sodium", "msgspec", "typing_extensions"}, loaded


def test_the_verification_path_leaves_the_modules_with_models_alone() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import probatum.verify, probatum.gate; "
        "print(*sorted(name for name in sys.modules if name.startswith('probatum.')))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    folders = {name.split(".")[1] for name in done.stdout.split()}
    assert folders <= {"errors", "frozen", "encoding", "signing", "evidence", "consensus", "tlog", "verify", "gate"}
