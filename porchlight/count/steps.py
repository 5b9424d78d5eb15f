"""The steps one after another: each resumes where it was left, and nothing reaches `publish` unaudited."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from porchlight.count import link, workspace
from porchlight.count.cells import Audited, TableError, Unit
from porchlight.count.estimate.lists import as_private_json, histories, said, unpublished
from porchlight.count.estimate.report import Estimated, carefully, estimated
from porchlight.count.estimate.table import TableError as TooManyListsError
from porchlight.count.load import Coverage, Loaded, LoadError, Quality, load
from porchlight.count.protect import NotProtectable, ProtectSettings, protect
from porchlight.count.protect.estimates import AuditedEstimates
from porchlight.count.publish import Published, publish
from porchlight.count.publish.edition import (
    Earlier,
    Edition,
    EditionError,
    ListNote,
    read_population,
    read_regions,
)
from porchlight.count.publish.record import read_earlier, refuse_overlap
from porchlight.count.settings import Settings
from porchlight.count.tabulate import Asked, Plan, Tabulated, TabulateError, tabulate
from porchlight.count.workspace import Workspace, hash_of

NAMES = ("load", "link", "tabulate", "estimate", "protect", "publish")
# What a person can mend: the message says how.
REFUSALS: tuple[type[Exception], ...] = (
    LoadError,
    link.MarksError,
    NotProtectable,
    TableError,
    TabulateError,
    EditionError,
    TooManyListsError,
)


class Progress(Protocol):
    """Told what is at work and how many of its parts are done."""

    def __call__(self, what: str, done: int, of: int) -> None: ...


def silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Run:
    """What each step gave; None: it was not reached. `folder` holds rows and is private."""

    folder: Path
    loaded: Loaded
    linked: link.Linked | None = None
    tabulated: Tabulated | None = None
    estimated: Estimated | None = None
    audited: Audited | None = None
    estimates: AuditedEstimates | None = None
    published: Published | None = None


def run(
    settings: Settings, *, until: str = "publish", progress: Progress = silent, made: dt.date | None = None
) -> Run:
    """Do the steps up to and with `until` (one of NAMES).

    `made` is the day printed on the report; today unless told. Raises one of REFUSALS, or WorkspaceError, with a
    message for the analyst. What was finished is kept, and is not done again.
    """
    made = made or dt.datetime.now(tz=dt.UTC).date()
    steps = NAMES[: NAMES.index(until) + 1]
    with workspace.opened(settings.path(settings.workspace.folder)) as space:
        earlier = _earlier(settings)
        done = Run(space.root, load(settings, space, progress))
        for number, name in enumerate(steps[1:], 1):
            progress(name, number, len(steps))
            done = _DO[name](_Job(settings, space, earlier, made, progress), done)
        progress("done", len(steps), len(steps))
    return done


@dataclass(frozen=True)
class _Job:
    settings: Settings
    space: Workspace
    earlier: Earlier
    made: dt.date
    progress: Progress


def _earlier(settings: Settings) -> Earlier:
    """Last year's report, which every reader of this one may have beside it."""
    name = settings.publish.last_report
    if not name:
        return Earlier()
    report, path = settings.report, settings.path(name)
    found = read_earlier(path)
    refuse_overlap(path, report.period, report.begins, report.ends, report.under)
    return found


def _link(job: _Job, done: Run) -> Run:
    asked = job.settings.link
    marks = job.settings.path(asked.marks) if asked.marks else None
    reads = {
        "records": hash_of(done.loaded.records),
        "thresholds": str(asked.thresholds),
        "threads": str(asked.threads),
        "marks": hash_of(marks) if marks else "",
        "with": f"splink {version('splink')}, duckdb {version('duckdb')}",
    }

    def work(into: Path) -> None:
        link.link(done.loaded.records, asked.thresholds, threads=asked.threads, marks=marks, folder=into)

    return replace(done, linked=link.read(job.space.step("link", reads, work).folder))


def _tabulate(job: _Job, done: Run) -> Run:
    assert done.linked is not None  # noqa: S101 - the steps come in this order
    counted = tabulate(done.loaded.records, done.linked.clusters, plan_of(job.settings))
    return replace(done, tabulated=counted)


def plan_of(settings: Settings) -> Plan:
    """What report.toml asks to be counted."""
    report = settings.report
    return Plan(
        period=report.period,
        begins=report.begins,
        ends=report.ends,
        under=report.under,
        statute_lists=report.statute_lists,
        regions=_regions(settings),
        asked=tuple(Asked(each.name, Unit[each.unit.upper()], each.by) for each in settings.tables),
    )


def _estimate(job: _Job, done: Run) -> Run:
    """What no list has seen, where the analyst wants it; the overlaps and the models stay in the private folder."""
    asked = job.settings.estimate
    assert done.tabulated is not None  # noqa: S101 - the step before made it
    if not asked.wanted:
        return done
    named = {name: group for group, names in asked.groups.items() for name in names}
    ids = [each.id for each in job.settings.lists]
    tables = {at: histories(counts, ids, named) for at, counts in done.tabulated.captured.items()}
    found = estimated(
        tables,
        grouped=bool(named),
        draws=asked.draws,
        seed=asked.seed,
        tell=lambda what: job.progress(f"estimate: {what}", NAMES.index("estimate"), len(NAMES)),
    )
    workspace.write(job.space.root / "estimates.json", as_private_json(found).encode())
    return replace(done, estimated=found)


def _protect(job: _Job, done: Run) -> Run:
    assert done.tabulated is not None  # noqa: S101 - the steps before made it
    asked = job.settings.protect
    rules = ProtectSettings(hide=asked.hide, hide_zeros=asked.hide_zeros, hide_whole=asked.hide_whole)
    counted = done.tabulated
    others = [counted.others[at] for at in sorted(counted.others)]
    period = job.settings.report.period
    known = job.earlier.known
    if done.estimated:
        known = replace(known, said=(*known.said, *said(done.estimated, period)))
    audited = protect(counted.tables, counted.relations, known, rules, others)
    if done.estimated is None:
        return replace(done, audited=audited)
    job.progress("protect: estimates", NAMES.index("protect"), len(NAMES))
    told = carefully(
        done.estimated, unpublished(audited, period), asked.hide, seed=job.settings.estimate.seed
    )
    return replace(done, audited=audited, estimates=told)


def _publish(job: _Job, done: Run) -> Run:
    """The report is made whole in the private folder, then put where it is wanted, file by file."""
    assert done.audited is not None  # noqa: S101 - the step before made it
    folder = job.space.scratch / "report"
    folder.mkdir()
    made = publish(done.audited, _edition(job, done.loaded.quality), folder, done.estimates)
    files = _put(folder, job.settings.path(job.settings.output.folder))
    return replace(done, published=Published(files, made.without_pdf))


_DO: Mapping[str, Callable[[_Job, Run], Run]] = {
    "link": _link,
    "tabulate": _tabulate,
    "estimate": _estimate,
    "protect": _protect,
    "publish": _publish,
}


def _edition(job: _Job, quality: Sequence[Quality]) -> Edition:
    settings, report = job.settings, job.settings.report
    population = settings.publish.population
    return Edition(
        title=report.title,
        jurisdiction=report.jurisdiction,
        period=report.period,
        begins=report.begins,
        ends=report.ends,
        made=job.made,
        under=report.under,
        hide=settings.protect.hide,
        hide_zeros=settings.protect.hide_zeros,
        thresholds=settings.link.thresholds,
        lists=tuple(
            ListNote(each.list, each.name, _coverage(each, settings.protect.hide)) for each in quality
        ),
        statute_lists=report.statute_lists,
        regions=_regions(settings),
        population=read_population(settings.path(population)) if population else None,
        earlier=job.earlier,
        own_titles={
            each.name: {"en": each.title, "es": each.title_es or each.title} for each in settings.tables
        },
        languages=report.languages,
        address=report.address,
        pdf=settings.publish.pdf,
    )


def _regions(settings: Settings) -> Mapping[str, str]:
    return read_regions(settings.path(settings.publish.regions)) if settings.publish.regions else {}


def _coverage(quality: Quality, hide: int) -> Mapping[str, str]:
    """Bands alone: how many rows a list has, or lacks, is no part of the report.

    Somebody may know how many rows a short list has: "nearly always" of 100 rows says that 5 at most lack the value. Of
    those only whether a column is asked is told.
    """
    short = quality.read < _LEAST_FOR_BANDS * hide
    bands = {name: quality.coverage(name) for name in REPORTED}
    return {name: "asked" if short else str(band) for name, band in bands.items() if band != Coverage.NEVER}


# The finest band is a twentieth of the rows.
_LEAST_FOR_BANDS = 20


# The columns that the tables are made from: the only ones whose quality a reader needs.
REPORTED = (
    *("birth_date", "age_months", "sex", "race_ethnicity", "county_fips", "reporter_type", "investigated"),
    *("determination", "served", "exploitation", "relationship", "placement"),
)


def _put(made: Path, wanted: Path) -> tuple[Path, ...]:
    files = sorted(each.relative_to(made) for each in made.rglob("*") if each.is_file())
    for name in files:
        target = wanted / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # Copied beside its place first: the two folders may lie on different disks.
        beside = target.with_name(f".{target.name}.part")
        shutil.copyfile(made / name, beside)
        beside.replace(target)
    return tuple(wanted / name for name in files)
