"""Two years of reports by the real steps, and an attacker of its own that has all that is published of both."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from porchlight.count.cells import Key, Unit
from porchlight.count.protect import ProtectSettings, protect
from porchlight.count.publish import (
    Earlier,
    Edition,
    EditionError,
    ListNote,
    publish,
    read_earlier,
    read_population,
    read_regions,
)
from porchlight.count.publish.record import refuse_overlap
from porchlight.count.tabulate import Asked, Plan, Tabulated, tabulate
from tests.count import attacker, linked_rows
from tests.count.attacker import Attack, Cell, Conclusion, Public, read

SMALL = set(range(1, 11))
ASKED = (
    Asked("who_investigated", Unit.INVESTIGATIONS, ("reporter_type",)),
    Asked("step_by_who", Unit.REPORTS, ("step", "reporter_type")),
    Asked("sex_by_region", Unit.CHILDREN, ("sex", "region")),
)
LISTS = ("cps", "police", "clinic")
COVERED = dict.fromkeys(
    ("birth_date", "sex", "county_fips", "determination", "relationship"), "nearly always"
)


@dataclass(frozen=True)
class Years:
    """Two published reports, what is public besides, and the counts that nobody may find."""

    last: Path
    this: Path
    public: Public
    truth: dict[Cell, int]
    found: dict[Cell, Conclusion]
    attack: Attack


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Years:
    folder = tmp_path_factory.mktemp("years")
    regions, population = _public_files(folder)
    last = _report(folder, 2025, Earlier(), ways=1)
    earlier = read_earlier(folder / "2025" / "report.json")
    this = _report(folder, 2026, earlier, ways=2)
    public = Public.read(regions, population)
    reports = [read(folder / each, public) for each in ("2026", "2025")]
    attack = Attack(reports)
    truth = {
        _named(key): count
        for told in (last, this)
        for table in told.tables
        for key, count in table.cells.items()
    }
    return Years(folder / "2025", folder / "2026", public, truth, attack.conclude(), attack)


def _public_files(folder: Path) -> tuple[Path, Path]:
    counties = linked_rows.REGIONS
    regions, population = folder / "regions.csv", folder / "population.csv"
    regions.write_text("county_fips,region\n" + "".join(f"{at},{name}\n" for at, name in counties.items()))
    people = (f"{at},{age},{900 + 10 * age}\n" for at in counties for age in range(18))
    population.write_text("# Census, invented\ncounty_fips,age,children\n" + "".join(people))
    return regions, population


def _report(folder: Path, year: int, earlier: Earlier, ways: int) -> Tabulated:
    """A year from rows to the published folder; `ways`: how many ways of linking are counted."""
    private = folder / f"private-{year}"
    private.mkdir()
    rows = [
        (child, said | {"report_date": dt.date(year, 5, 1)}) for child, said in linked_rows.many(year, 700)
    ]
    rng = random.Random(year)
    # A stricter match takes a few children for two.
    strict = [(child if rng.random() < 0.98 else f"{child}-again", said) for child, said in rows]
    clusters = linked_rows.write(private, strict, 0.9) if ways > 1 else {}
    clusters |= linked_rows.write(private, rows, 0.95)
    plan = Plan(
        str(year),
        dt.date(year, 1, 1),
        dt.date(year, 12, 31),
        regions=read_regions(folder / "regions.csv"),
        statute_lists=("cps",),
        asked=ASKED,
    )
    told = tabulate(private / "records.parquet", clusters, plan)
    audited = protect(
        told.tables,
        told.relations,
        earlier.known,
        ProtectSettings(rounds=5),
        [told.others[at] for at in told.others],
    )
    publish(audited, _edition(plan, earlier, folder), folder / str(year))
    return told


def _edition(plan: Plan, earlier: Earlier, folder: Path) -> Edition:
    return Edition(
        title="Child trafficking in Kentucky",
        jurisdiction="US-KY",
        period=plan.period,
        begins=plan.begins,
        ends=plan.ends,
        made=dt.date(plan.ends.year, 11, 1),
        thresholds=(0.8, 0.95, 0.99),
        lists=tuple(ListNote(each, each, COVERED) for each in LISTS),
        statute_lists=plan.statute_lists,
        regions=plan.regions,
        population=read_population(folder / "population.csv"),
        earlier=earlier,
        own_titles={each.name: {"en": each.name, "es": each.name} for each in ASKED},
        languages=("en", "es"),
        pdf=plan.period == "2026",
    )


def _named(key: Key) -> Cell:
    return "", key.period, str(key.unit), key.where


def broken(found: dict[Cell, Conclusion], truth: dict[Cell, int]) -> list[Cell]:
    """Small counts of which an attacker can rule out a small number."""
    return [
        cell for cell, each in found.items() if truth[cell] in SMALL and (each.small != SMALL or each.large)
    ]


def test_the_attacker_reads_all_that_is_published_and_believes_nothing_false(years: Years) -> None:
    assert years.attack.unread == []
    kinds = {fact.kind for fact in years.attack.facts}
    assert kinds >= {"counts", "sums of tables", "report.json", "page", "shares", "rates", "charts", "trend"}
    assert kinds >= {"ranges", "sentences", "units"}
    for fact in years.attack.facts:
        if fact.terms.keys() <= years.truth.keys():
            total = sum(weight * years.truth[cell] for cell, weight in fact.terms.items())
            assert fact.low - 1e-5 <= total <= fact.high + 1e-5, fact
    for cell, each in years.found.items():
        assert each.low <= years.truth[cell] <= each.high


def test_the_attacker_with_all_that_two_years_published_narrows_no_small_count(years: Years) -> None:
    small = [cell for cell in years.found if years.truth[cell] in SMALL]
    assert len(small) > 30
    assert broken(years.found, years.truth) == []
    assert years.attack.narrowed(years.found) == []


def test_every_small_count_is_hidden(years: Years) -> None:
    assert {cell for cell, count in years.truth.items() if count in SMALL} <= set(years.found)


def test_the_attacker_cannot_tell_that_a_whole_group_is_of_one_kind(years: Years) -> None:
    groups = _groups_of_one_kind(years)
    for total, empty in groups:
        assert years.attack.furthest(empty, 1) >= min(10, years.truth[total])


def _groups_of_one_kind(years: Years) -> list[tuple[Cell, list[Cell]]]:
    """Groups of children, by sex, in which all are of one sex: the group, and its counts that are zero."""
    found = []
    for cell, count in years.truth.items():
        way, period, unit, where = cell
        kinds = [
            (way, period, unit, where | {("sex", each)}) for each in ("female", "male", "other", "unknown")
        ]
        if unit != "children" or not count or not all(each in years.truth for each in kinds):
            continue
        empty = [each for each in kinds if not years.truth[each]]
        if len(empty) == len(kinds) - 1 and years.truth[kinds[3]] == 0:
            found.append((cell, empty))
    return found


def test_what_is_printed_of_the_attack_says_that_nothing_was_narrowed(years: Years) -> None:
    told = years.attack.told(years.found)
    assert " 0 narrowed inside the interval" in told
    assert "unread: 0" in told


def test_what_no_list_asks_is_known_to_be_of_nobody(years: Years, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(years.this, folder, ignore=shutil.ignore_patterns("*.pdf"))
    page = folder / "report.en.html"
    page.write_text(page.read_text("utf-8").replace("<td>nearly always</td>", "<td>not asked</td>"), "utf-8")
    told = [fact for fact in read(folder, years.public).facts if fact.kind == "lists"]
    nobody = {cell for fact in told if fact.high == 0 for cell in fact.terms}
    sexes = {dict(cell[3])["sex"] for cell in nobody if {name for name, _ in cell[3]} == {"sex"}}
    assert sexes == {"female", "male", "other"}


def test_the_attacker_shares_no_line_with_what_it_attacks() -> None:
    source = Path(attacker.__file__).read_text("utf-8")
    assert not re.search(r"^\s*(import|from) (porchlight|tests)", source, re.MULTILINE)


@pytest.mark.parametrize(
    ("period", "begins", "ends", "under"),
    [
        ("2024-2025", dt.date(2024, 1, 1), dt.date(2025, 12, 31), 18),  # 2024 would be left over
        ("FY2026", dt.date(2025, 7, 1), dt.date(2026, 6, 30), 18),
        ("2025", dt.date(2025, 1, 1), dt.date(2025, 10, 31), 18),  # November and December would be left over
        ("2025", dt.date(2025, 1, 1), dt.date(2025, 12, 31), 17),  # those of 17 would be left over
    ],
)
def test_a_report_that_can_be_subtracted_from_an_earlier_one_is_refused(
    years: Years, period: str, begins: dt.date, ends: dt.date, under: int
) -> None:
    with pytest.raises(EditionError, match="subtract"):
        refuse_overlap(years.last / "report.json", period, begins, ends, under)


def test_the_next_year_and_the_same_year_again_are_not_refused(years: Years) -> None:
    path = years.last / "report.json"
    refuse_overlap(path, "2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31), 17)
    refuse_overlap(path, "2025", dt.date(2025, 1, 1), dt.date(2025, 12, 31), 18)


# --- reports that give something away ------------------------------------------------------------------------------


def _unhide_a_complement(folder: Path, cell: Cell, count: int) -> None:
    """The count is put back into the CSV files that hold it, as by a careless hand."""
    for path in (folder / "tables").glob("*.csv"):
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
        if "count" not in rows[0]:
            continue
        for row in rows:
            where = {
                name: code
                for name, code in row.items()
                if name not in attacker._PLAIN_COLUMNS and code != "all"
            }
            if row["unit"] == cell[2] and frozenset(where.items()) == cell[3]:
                row["count"], row["status"] = str(count), "shown"
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(text.getvalue(), "utf-8-sig")


def _tell_a_share(folder: Path, cell: Cell, count: int) -> None:
    """One more quoted share, of a hidden count."""
    path = folder / "report.json"
    told = json.loads(path.read_text("utf-8"))
    base = told["statistics"][0]["base"]
    told["statistics"].append(
        told["statistics"][0]
        | {"where": dict(cell[3]), "part": None, "percent": round(count / base * 100, 1)}
    )
    path.write_text(json.dumps(told), "utf-8")


def _draw_a_bar(folder: Path, cell: Cell, count: int) -> None:
    """The hatched bar of a hidden count is drawn as long as it would be."""
    (name, code) = next(pair for pair in cell[3] if pair[0] != "decision")
    for path in folder.glob(
        f"charts/{'regions' if name == 'region' else name + 's' * (name == 'age')}.en.svg"
    ):
        text = path.read_text("utf-8")
        longest = max(int(each) for each in re.findall(r">(\d+) · ", text))
        hatched = re.compile(r'width="26\.0"( height="12" rx="[\d.]+" style="fill:url)')
        words = {row["code"]: row["meaning_en"] for row in _dictionary(folder) if row["column"] == name}
        before, label, after = text.partition(f">{words[code]}<")
        assert label
        path.write_text(
            before + label + hatched.sub(rf'width="{356 * count / longest:.1f}"\1', after, count=1)
        )


def _dictionary(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "tables/dictionary.csv").read_text("utf-8-sig"))))


Careless = Callable[[Path, Cell, int], None]


@pytest.mark.parametrize(
    ("careless", "of"),
    [(_unhide_a_complement, "complement"), (_tell_a_share, "victims"), (_draw_a_bar, "bar")],
)
def test_a_report_that_gives_something_away_is_broken(
    years: Years, tmp_path: Path, careless: Careless, of: str
) -> None:
    folder = tmp_path / "report"
    shutil.copytree(years.this, folder, ignore=shutil.ignore_patterns("*.pdf"))
    cells = [cell for cell in years.found if cell[1] == "2026" and _is(cell, of, years)]
    careless(folder, cells[0], years.truth[cells[0]])
    attack = Attack([read(folder, years.public), read(years.last, years.public)])
    near = _same_line(cells[0], years)
    assert broken(attack.conclude(near), years.truth)


def _is(cell: Cell, of: str, years: Years) -> bool:
    small, where = years.truth[cell] in SMALL, dict(cell[3])
    if of == "complement":
        return not small and any(cell in pair for pair in _pairs(years))
    if cell[2] != "children" or len(where) != 2 or where.get("decision") != "victim" or not small:
        return False
    return (
        of == "victims" or bool({"relationship", "exploitation"} & set(where)) or "-" in where.get("age", "")
    )


def _pairs(years: Years) -> list[set[Cell]]:
    """A small and a larger count that are the only hidden ones of a sum: neither may be shown."""
    hidden = [
        {cell for cell in fact.terms if cell in years.found}
        for fact in years.attack.facts
        if fact.kind == "sums of tables"
    ]
    return [two for two in hidden if len(two) == 2 and len({years.truth[cell] in SMALL for cell in two}) == 2]


def _same_line(cell: Cell, years: Years) -> list[Cell]:
    """Small hidden counts that share a line with this one: of the same unit, and different in one dimension."""
    return [
        each
        for each in years.found
        if each[1:3] == cell[1:3] and len(each[3] ^ cell[3]) <= 2 and years.truth[each] in SMALL
    ]
