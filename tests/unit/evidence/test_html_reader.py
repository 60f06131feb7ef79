"""HTML: what a person sees is kept in lines, what a person does not see is dropped."""

import time
from contextlib import suppress

import pytest

from probatum.errors import EvidenceRefused
from probatum.evidence.readers import read_source


def read(markup: str | bytes) -> str:
    return read_source("a.html", markup.encode() if isinstance(markup, str) else markup).copy.decode()


def test_blocks_become_lines() -> None:
    page = (
        "<title>Ada - Site</title><nav>menu</nav><h1>Ada <br>Smith</h1><p>Born&nbsp;in <b>Par</b>is.</p>"
        "<div>a<div>b</div>c</div> <ul><li><p>one</p></li><li>two<ul><li>three</li></ul></ul>"
        "<table><tr><th>Name<th>Age<tr><td><p>Ann</p><td>3</table><pre>\n x\n   y</pre>&lt;end&gt;"
    )
    assert read(page) == (
        "# Ada - Site\n\n# Ada Smith\n\nBorn in Paris.\n\na\nb\nc\n\n- one\n- two\n- three\n\n"
        "Name | Age\nAnn | 3\n\n x\n   y\n\n<end>\n"
    )


def test_title_is_not_said_twice() -> None:
    assert read("<title>Ada</title><h1>Ada</h1>x") == "# Ada\n\nx\n"


def test_layout_table_does_not_become_one_line() -> None:
    assert (
        read("<table><tr><td><table><tr><td>q</td><td>r</td></tr></table><p>text</p></td><td>side</td></tr></table>")
        == "q | r\n\ntext\n\nside\n"
    )


def test_superscript_digits_do_not_change_a_number() -> None:
    assert read("<p>10<sup>6</sup> m<sup>2</sup> of H<sub>2</sub>O<sup>[1]</sup></p>") == "10⁶ m² of H2O[1]\n"


HIDDEN = {
    "comment": "<!-- evil -->",
    "script": "<script>evil</script>",
    "style": "<style>evil{}</style>",
    "template": "<template>evil</template>",
    "noscript": "<noscript>evil</noscript>",
    "hidden": "<p hidden>evil</p>",
    "aria-hidden": "<p aria-hidden='TRUE'>evil</p>",
    "nested": "<div hidden><p><b>evil</b></p></div>",
    "display-none": "<p style='Display : NONE !important'>evil</p>",
    "css-comment": "<p style='display/**/:none'>evil</p>",
    "css-escape": r"<p style='dis\70 lay:none'>evil</p>",
    "visibility": "<p style='visibility:hidden'>evil</p>",
    "opacity": "<p style='opacity:0.0'>evil</p>",
    "font-size": "<p style='color:red;font-size:0px'>evil</p>",
    "off-screen": "<p style='position:absolute;left:-9999px'>evil</p>",
    "clipped": "<p style='height:1px;overflow:hidden'>evil</p>",
    "one-colour": "<p style='color:#fff;background:#FFF'>evil</p>",
    "style-sheet": "<style>p.x{ display:none }</style><p class=x>evil</p>",
    "alt-text": "<img alt='evil'>",
    "form": "<input value=evil><textarea>evil</textarea><select><option>evil</select>",
    "struck-out": "<del>evil</del>",
    "closed-dialog": "<dialog>evil</dialog>",
}


@pytest.mark.parametrize("case", HIDDEN)
def test_hidden_text_is_dropped(case: str) -> None:
    assert read(f"before {HIDDEN[case]} after").split() == ["before", "after"]


SHOWN = {
    "font-size-em": "<p style='font-size:1em'>seen</p>",
    "opacity": "<p style='opacity:0.5'>seen</p>",
    "margin": "<p style='margin-left:-10px'>seen</p>",
    "sheet-shows-again": "<style>p{display:none} p.x{display:block}</style><p class=x>seen</p>",
    "print-only-rule": "<style>@media print { p{display:none} }</style><p>seen</p>",
    "hover-rule": "<style>p:hover{display:none}</style><p>seen</p>",
    "open-dialog": "<dialog open>seen</dialog>",
}


@pytest.mark.parametrize("case", SHOWN)
def test_shown_text_is_kept(case: str) -> None:
    assert read(f"before {SHOWN[case]} after").split() == ["before", "seen", "after"]


def test_invisible_characters_are_dropped() -> None:
    assert read("<p>a\u200bb\u202ec\U000e0041d&#xAD;e&#8238;f</p>") == "abcdef\n"


@pytest.mark.parametrize(
    ("case", "data"),
    [
        ("meta", b"<meta charset='iso-8859-1'><p>M\xfcller"),
        ("meta-http-equiv", b"<meta http-equiv=Content-Type content='text/html; charset=windows-1252'><p>M\xfcller"),
        ("utf-16-bom", "<p>Müller".encode("utf-16")),
        ("utf-8-bom", "<p>Müller".encode("utf-8-sig")),
        ("xml", b"<?xml version='1.0' encoding='ISO-8859-15'?><html><script src='x'/><p>M\xfcller</p></html>"),
        ("default", "<p>Müller".encode()),
    ],
)
def test_character_set(case: str, data: bytes) -> None:
    assert read(data) == "Müller\n", case


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<p>M\xfcller", "invalid UTF-8 at byte 4"),
        (b"<meta charset=euc-jp><p>\xff\xff", "invalid EUC_JP at byte 24"),
        (b"<meta charset=unicode_escape><p>x", "not supported"),
        (b"<meta charset=utf-7><p>x", "not supported"),
        (b"<meta charset=zlib><p>x", "not supported"),
    ],
)
def test_character_set_refused(data: bytes, message: str) -> None:
    with pytest.raises(EvidenceRefused, match=message):
        read(data)


BOMBS = {
    "nested": "<div>" * 200_000,
    "lists": "<ul><li>" * 100_000,
    "formatting": "".join(f"<b a={number}>" for number in range(50_000)),
    "re-created-formatting": "<p>" + "".join(f"<b a={number}>" for number in range(2000)) + "</p>" + "<p>x" * 50_000,
    "comments-between": "<div><!-- </div> -->" * 50_000,
    "attributes-between": "<div title='</div>'>" * 50_000,
}


@pytest.mark.parametrize("case", BOMBS)
def test_explosive_page_is_refused_quickly(case: str) -> None:
    begin = time.monotonic()
    with pytest.raises(EvidenceRefused, match="nested"):
        read(BOMBS[case] + "x")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "unit", ["<p>x", "<", "<!--", '<b a="', "&amp;", "</p>", "<tr><td>x", "<table><tr><td>x</table>", "<a name=x>"]
)
def test_hostile_repetition_is_linear(unit: str) -> None:
    begin = time.monotonic()
    with suppress(EvidenceRefused):
        read("x" + unit * 30_000)
    assert time.monotonic() - begin < 5
