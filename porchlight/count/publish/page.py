"""The report as one HTML page: the parts that it is made of, and how the template lays them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from porchlight.count.publish.charts import Palette
from porchlight.count.publish.edition import Edition
from porchlight.count.publish.labels import day
from porchlight.count.publish.words import say

__all__ = ["Chart", "First", "Guesses", "Page", "Row", "Section", "View"]


@dataclass(frozen=True)
class Chart:
    """A chart by name, drawn in any palette."""

    name: str
    draw: Callable[[Palette], Markup]


@dataclass(frozen=True)
class Row:
    """A row of a shown table; `level` is how far it is set in."""

    label: str
    cells: tuple[str, ...]
    level: int = 0
    total: bool = False


@dataclass(frozen=True)
class View:
    """A table as it is shown: what is counted and of what the shares are, head, rows."""

    caption: str
    base: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading; `code` is its anchor."""

    code: str
    heading: str
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    tables: tuple[View, ...] = ()


@dataclass(frozen=True)
class First:
    """One of the three counts of page one."""

    shown: str
    label: str


@dataclass(frozen=True)
class Guesses:
    """What is said of the children no list has seen."""

    lead: tuple[str, ...]
    tables: tuple[View, ...]
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """All that one language of the report says."""

    language: str
    summary: tuple[str, ...]
    firsts: tuple[First, ...]
    first_notes: tuple[str, ...]
    sections: tuple[Section, ...]
    hiding: tuple[str, ...]
    methods: tuple[str, ...]
    caveats: tuple[str, ...]
    lists: View | None
    edition: Edition
    guesses: Guesses | None = None

    def html(self, palette: Palette, style: str, *, links: bool = True) -> str:
        """The whole page; `links`: whether it points to the files beside it (not on paper)."""
        sheet = Markup(style)  # noqa: S704 - a file of this folder
        return _template().render(page=self, palette=palette, style=sheet, links=links, say=self._say)

    def charts(self) -> Iterator[Chart]:
        """Every chart of the page, in order."""
        return (each.chart for each in self.sections if each.chart)

    def _say(self, code: str, **values: object) -> str:
        return say(code, self.language, **values)


@cache
def _template() -> Template:
    folder = resources.files(__package__)
    surroundings = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    surroundings.globals["day"] = day
    return surroundings.get_template("report.html")
