"""Charts as SVG text: bars with their words above them, columns by year. No script, no outside file, no font file.

Widths tell published counts alone: a hidden count is a hatched mark of one width whatever hides behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["PAPER", "SCREEN", "Bar", "Palette", "bars", "columns"]


@dataclass(frozen=True)
class Palette:
    """The colors of a chart: CSS colors, or variables of the page it stands in."""

    ink: str
    soft: str
    bar: str
    light: str
    track: str


SCREEN = Palette("var(--ink)", "var(--soft)", "var(--bar)", "var(--lamp)", "var(--track)")
PAPER = Palette("#1b2340", "#4d5872", "#33406e", "#f6b04c", "#efe6d4")


@dataclass(frozen=True)
class Bar:
    """One bar: `value` None is hidden; `shown` is what stands for it; `lit` marks the one to look at first."""

    label: str
    value: int | None
    shown: str
    lit: bool = False
    indent: int = 0


def bars(name: str, title: str, about: str, rows: Sequence[Bar], palette: Palette) -> Markup:
    """Horizontal bars, one under another, on one scale from zero. `name` makes the ids of title and description."""
    most = max((row.value for row in rows if row.value is not None), default=0) or 1
    height = len(rows) * _ROW + _PAD
    drawn = Markup("").join(_bar(row, at, most, palette, name) for at, row in enumerate(rows))
    return _svg(name, title, about, height, _hatch(name, palette) + drawn)


def columns(name: str, title: str, about: str, rows: Sequence[Bar], palette: Palette) -> Markup:
    """Upright columns, oldest first, on one scale from zero."""
    most = max((row.value for row in rows if row.value is not None), default=0) or 1
    step = (_WIDE - 2 * _EDGE) / max(len(rows), 1)
    wide = min(step * 0.64, 56.0)
    drawn = []
    for at, row in enumerate(rows):
        middle = _EDGE + step * (at + 0.5)
        tall = _TALL * (row.value / most) if row.value is not None else _STUB
        top = _TALL + 22 - tall
        fill = _fill(row, palette, name)
        drawn.append(
            Markup(
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3" style="fill:{}"/>'
            ).format(middle - wide / 2, top, wide, max(tall, 1.0), fill)
            + _text(middle, top - 5, row.shown, palette.ink, middle=True, bold=True)
            + _text(middle, _TALL + 38, row.label, palette.soft, middle=True)
        )
    return _svg(name, title, about, _TALL + 48, _hatch(name, palette) + Markup("").join(drawn))


_WIDE, _EDGE, _ROW, _PAD, _TALL, _STUB = 360, 2, 42, 4, 130, 26


def _bar(row: Bar, at: int, most: int, palette: Palette, name: str) -> Markup:
    left, top = _EDGE + row.indent * 18, at * _ROW + 16
    room = _WIDE - _EDGE - left
    # A bar of a published count is never so short that it looks like none.
    long = max(room * row.value / most, 2.0 if row.value else 0.0) if row.value is not None else float(_STUB)
    return (
        _text(left, top, row.label, palette.ink)
        + _text(_WIDE - _EDGE, top, row.shown, palette.ink, end=True, bold=row.value is not None)
        + Markup('<rect x="{}" y="{}" width="{}" height="12" rx="6" style="fill:{}"/>').format(
            left, top + 7, room, palette.track
        )
        + Markup('<rect x="{}" y="{}" width="{:.1f}" height="12" rx="{:.1f}" style="fill:{}"/>').format(
            left, top + 7, long, min(6.0, long / 2), _fill(row, palette, name)
        )
    )


def _fill(row: Bar, palette: Palette, name: str) -> str:
    if row.value is None:
        return f"url(#{name}-hidden)"
    return palette.light if row.lit else palette.bar


def _hatch(name: str, palette: Palette) -> Markup:
    return Markup(
        '<defs><pattern id="{}-hidden" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect width="6" height="6" style="fill:{}"/><path d="M0 6L6 0" style="stroke:{};stroke-width:1.4"/>'
        "</pattern></defs>"
    ).format(name, palette.track, palette.soft)


def _text(
    x: float, y: float, said: str, color: str, *, end: bool = False, middle: bool = False, bold: bool = False
) -> Markup:
    anchor = "end" if end else "middle" if middle else "start"
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="13" font-weight="{}" '
        'font-family="system-ui,sans-serif" style="fill:{}">{}</text>'
    ).format(x, y, anchor, "600" if bold else "400", color, escape(said))


def _svg(name: str, title: str, about: str, height: float, inside: Markup) -> Markup:
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {:.0f}" role="img" '
        'aria-labelledby="{}-title {}-about"><title id="{}-title">{}</title><desc id="{}-about">{}</desc>{}</svg>'
    ).format(_WIDE, height, name, name, name, title, name, about, inside)
