"""Names that an attacker chooses: nothing in them may leave the folder, act on a terminal, or be shown as something else."""

import pytest

from probatum.evidence.names import MAX_NAME, name_problem, safe_name, unique_name


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("traversal", "../../etc/passwd"),
        ("traversal-inside", "a/../../b.txt"),
        ("absolute", "/etc/passwd"),
        ("windows-drive", "C:/secret.txt"),
        ("windows-traversal", "..\\..\\secret.txt"),
        ("empty-component", "a//b.txt"),
        ("dot-component", "./a.txt"),
        ("empty", ""),
        ("newline", "a\nb.txt"),
        ("escape-sequence", "a\x1b[31m.txt"),
        ("nul", "a\x00.txt"),
        ("c1-control", "a\x9b.txt"),
        ("bidi-override", "report\u202efdp.exe.txt"),
        ("bidi-isolate", "a\u2066b.txt"),
        ("zero-width", "a\u200bb.txt"),
        ("tag-characters", "a\U000e0041.txt"),
        ("line-separator", "a\u2028b.txt"),
        ("surrogate", "a\udcff.txt"),
        ("very-long", "a" * 5000 + ".txt"),
        ("very-deep", "a/" * 2000 + "b.txt"),
    ],
)
def test_bad_name_is_refused_and_made_safe(case: str, name: str) -> None:
    assert name_problem(name) is not None, case
    safe = safe_name(name)
    assert name_problem(safe) is None, case
    assert safe_name(safe) == safe
    assert ".." not in safe.split("/")


@pytest.mark.parametrize(
    "name", ["a.txt", "sub/folder/Müller 2024.pdf", "東京.md", "Report: final.html", "می\u200cخواهم.txt", "...txt"]
)
def test_good_name_stays(name: str) -> None:
    assert name_problem(name) is None
    assert safe_name(name) == name


def test_long_names_stay_different_and_keep_their_suffix() -> None:
    one, other = safe_name("x" * 600 + "1" * 60 + ".pdf"), safe_name("y" + "x" * 599 + "1" * 60 + ".pdf")
    assert one != other
    assert one.endswith(".pdf")
    assert len(safe_name("ü/" * 900).encode()) <= MAX_NAME


def test_unique_name_counts_before_the_suffix() -> None:
    taken: set[str] = set()
    for expected in ("a.txt", "a (2).txt", "a (3).txt"):
        assert unique_name("a.txt", taken) == expected
        taken.add(expected)
    assert unique_name("README", {"README"}) == "README (2)"
