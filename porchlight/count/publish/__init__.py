"""Publish what the audit let through: a page and a PDF per language, tables as CSV, charts, report.json.

`publish` takes an `Audited` alone, which only porchlight.count.protect makes. No sentence, share, bar or rate is made
from any other count, and nothing that was read stands in what is written: no row, no path, no hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from porchlight.count.cells import Audited
from porchlight.count.protect.estimates import AuditedEstimates
from porchlight.count.publish.charts import PAPER, SCREEN
from porchlight.count.publish.edition import (
    Earlier,
    Edition,
    EditionError,
    ListNote,
    Population,
    read_population,
    read_regions,
)
from porchlight.count.publish.files import as_csv, dictionary
from porchlight.count.publish.paper import PaperError, as_pdf
from porchlight.count.publish.record import as_json, read_earlier
from porchlight.count.publish.telling import page

__all__ = [
    "Earlier",
    "Edition",
    "EditionError",
    "ListNote",
    "PaperError",
    "Population",
    "Published",
    "publish",
    "read_earlier",
    "read_population",
    "read_regions",
]


@dataclass(frozen=True)
class Published:
    """The files that were written, in order, and why there is no PDF where one was asked for."""

    files: tuple[Path, ...]
    without_pdf: str = ""


def publish(
    audited: Audited, edition: Edition, folder: Path, estimates: AuditedEstimates | None = None
) -> Published:
    """Write the report into `folder`, which is made when missing; files of the same names are replaced.

    report.LANGUAGE.html and .pdf, tables/NAME.csv, tables/dictionary.csv, charts/NAME.LANGUAGE.svg, report.json.
    A missing PDF program is told in `without_pdf` and stops nothing. Raises TypeError for anything not audited.
    """
    if not isinstance(audited, Audited) or not isinstance(estimates, AuditedEstimates | None):
        raise TypeError("publish takes what porchlight.count.protect returned, and nothing else.")
    texts = {"report.json": as_json(audited, edition, estimates)}
    texts |= {f"tables/{table.name}.csv": as_csv(table, audited) for table in audited.tables}
    texts["tables/dictionary.csv"] = dictionary(audited, edition)
    papers = {}
    for language in edition.languages:
        told = page(audited, edition, language, estimates)
        texts[f"report.{language}.html"] = told.html(SCREEN, _style("report.css"))
        papers[f"report.{language}.pdf"] = told.html(PAPER, _style("paper.css"), links=False)
        texts |= {f"charts/{each.name}.{language}.svg": str(each.draw(PAPER)) for each in told.charts()}
    # A byte order mark tells Excel that a CSV file is UTF-8.
    made = {
        name: text.encode("utf-8-sig" if name.endswith(".csv") else "utf-8") for name, text in texts.items()
    }
    printed, without_pdf = _printed(papers) if edition.pdf else ({}, "")
    return Published(tuple(_write(folder, made | printed)), without_pdf)


def _printed(papers: dict[str, str]) -> tuple[dict[str, bytes], str]:
    try:
        return {name: as_pdf(html) for name, html in papers.items()}, ""
    except PaperError as error:
        return {}, str(error)


def _style(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")


def _write(folder: Path, made: dict[str, bytes]) -> list[Path]:
    written = []
    for name, content in sorted(made.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written
