"""Risk-coverage curves as SVG: how precise the certified claims are when only the most confident share is certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

Point = tuple[float, float]  # coverage and precision, both from 0 to 1

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 530, 400, 58, 40, 24, 48
FLOOR: Final = 0.5  # the lowest precision drawn
LEGEND_ROW: Final = 17
GUIDES: Final = (0.90, 0.95, 0.97)
# Okabe and Ito's palette, which people who see fewer colours can tell apart; the committee is black and thick
COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: curves by voter, the first of which is the committee, and where the committee's votes stand."""

    title: str
    curves: Mapping[str, Sequence[Point]]
    operating: Point | None


def draw(panels: Sequence[Panel]) -> str:
    """The panels beside one another as one SVG document."""
    rows = max(len(panel.curves) for panel in panels) + 1
    height = HEIGHT + rows * LEGEND_ROW + 10
    body = "".join(f'<g transform="translate({i * WIDTH},0)">{_panel(panel)}</g>' for i, panel in enumerate(panels))
    size = f'width="{len(panels) * WIDTH}" height="{height}" viewBox="0 0 {len(panels) * WIDTH} {height}"'
    style = 'font-family="system-ui, sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}><rect width="100%" height="100%" fill="#ffffff"/>{body}</svg>\n'


def _panel(panel: Panel) -> str:
    parts = [_text(LEFT, 22, panel.title, "start", 'font-size="15" font-weight="600"'), _axes()]
    for i, (name, points) in enumerate(reversed(list(panel.curves.items()))):  # the committee last, above the others
        place = len(panel.curves) - 1 - i
        colour, width = _style(place)
        drawn = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" points="{drawn}"/>')
        parts.append(_legend(place, colour, width, name))
    if panel.operating is not None:
        x, y = panel.operating
        parts.append(f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="5" fill="#ffffff" stroke="#111111" stroke-width="2.4"/>')
        at = HEIGHT + len(panel.curves) * LEGEND_ROW
        parts.append(f'<circle cx="{LEFT + 11}" cy="{at - 4}" r="4" fill="#ffffff" stroke="#111111" stroke-width="2"/>')
        parts.append(_text(LEFT + 30, at, f"certified by vote: {100 * y:.1f} % at {100 * x:.1f} % of all claims", "start"))
    return "".join(parts)


def _axes() -> str:
    parts: list[str] = []
    for step in range(0, 101, 20):
        x = _x(step / 100)
        parts.append(_line(x, _y(FLOOR), x, _y(1.0), "#e4e4e4"))
        parts.append(_text(x, _y(FLOOR) + 17, f"{step} %", "middle"))
    for step in range(int(100 * FLOOR), 101, 10):
        y = _y(step / 100)
        parts.append(_line(_x(0), y, _x(1), y, "#e4e4e4"))
        parts.append(_text(LEFT - 8, y + 4, f"{step} %", "end"))
    for guide in GUIDES:
        parts.append(_line(_x(0), _y(guide), _x(1), _y(guide), "#999999", 'stroke-dasharray="3 4"'))
        parts.append(_text(_x(1) - 2, _y(guide) - 3, f"{100 * guide:.0f}", "end", 'font-size="10" fill="#777777"'))
    parts.append(_text((_x(0) + _x(1)) / 2, _y(FLOOR) + 38, "share of all claims said to be supported", "middle"))
    middle = (_y(FLOOR) + _y(1)) / 2
    parts.append(_text(15, middle, "of these, share that is supported", "middle", f'transform="rotate(-90 15 {middle:.1f})"'))
    return "".join(parts)


def _style(place: int) -> tuple[str, str]:
    return ("#111111", "2.8") if place == 0 else (COLOURS[(place - 1) % len(COLOURS)], "1.5")


def _legend(place: int, colour: str, width: str, name: str) -> str:
    y = HEIGHT + place * LEGEND_ROW
    return _line(LEFT, y - 4, LEFT + 22, y - 4, colour, f'stroke-width="{width}"') + _text(LEFT + 30, y, name, "start")


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(precision: float) -> float:
    """Precisions under the lowest one drawn lie on the axis."""
    return TOP + (1 - max(FLOOR, precision)) / (1 - FLOOR) * (HEIGHT - TOP - BOTTOM - 20)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    fill = "" if "fill=" in more else 'fill="#222222"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {fill} {more}>{escape(text)}</text>'
