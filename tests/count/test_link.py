"""Linking invented children of known truth: brothers and sisters, twins, nicknames, missing dates, marks."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from porchlight.count.demo.children import NOISE, County, Regime, households
from porchlight.count.demo.rows import Habits, Period, Register, rows_of
from porchlight.count.fields import FIELDS, schema
from porchlight.count.link import Linked, MarksError, link, read, scoring
from porchlight.count.link.columns import prepare
from porchlight.count.link.model import CHILDREN

THRESHOLDS = (0.80, 0.95, 0.99)
PERIOD = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
AGENCIES = [
    ("cps", Habits(5, 0.6, 0.6, True, 0.6, 0.05)),
    ("police", Habits(3, 0.4, 0.8, False, 0.1, 0.1, 0.02)),
    ("shelter", Habits(2, 0.3, 0.0, False, 0.9, 0.3, 0.1)),
]
# A dozen rows beside many others, so that there is something to learn from. Written by hand; nobody is meant.
BY_HAND: tuple[dict[str, object], ...] = (
    {"record": "cps:x1", "first_name": "Zora", "birth_date": dt.date(2010, 4, 9), "report_id": "X1"},
    {"record": "cps:x2", "first_name": "Nina", "birth_date": dt.date(2010, 4, 9), "report_id": "X1"},
    {"record": "police:x1", "first_name": "ZORA", "birth_date": dt.date(2010, 9, 4), "report_id": "X2"},
    {"record": "police:x2", "first_name": "Nína", "birth_date": dt.date(2010, 4, 9), "report_id": "X2"},
    {"record": "shelter:x1", "first_name": "Baby Girl", "birth_date": None, "report_id": "X3"},
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    folder = tmp_path_factory.mktemp("records")
    rows, truth = _invented(1200, Regime.HARD)
    rows += [
        {
            "list": str(row["record"]).split(":")[0],
            "last_name": "O’Quillfeather",
            "sex": "female",
            "zip": "40999",
        }
        | {"county_fips": "21111", "report_date": dt.date(2025, 5, 5), "aliases": []}
        | row
        for row in BY_HAND
    ]
    return _written(folder, rows), truth


@pytest.fixture(scope="module")
def linked(made: tuple[Path, Mapping[str, str]]) -> Linked:
    return link(made[0], THRESHOLDS, threads=1, marks=None)


def test_children_of_the_hardest_lists_are_found_again(
    made: tuple[Path, Mapping[str, str]], linked: Linked
) -> None:
    precision, recall = _pair_quality(_children(linked, 0.95), made[1])
    assert precision >= 0.985
    assert recall >= 0.93


def test_a_higher_threshold_only_splits_the_groups_of_a_lower_one(linked: Linked) -> None:
    low, high = _children(linked, 0.80), _children(linked, 0.99)
    whole: dict[str, set[str]] = {}
    for record, child in high.items():
        whole.setdefault(child, set()).add(low[record])
    assert all(len(coarser) == 1 for coarser in whole.values())
    assert list(linked.figures.children) == sorted(linked.figures.children)
    assert len(set(high.values())) > len(set(low.values()))


def test_twins_named_in_one_report_stay_two_children(linked: Linked) -> None:
    for threshold in THRESHOLDS:
        children = _children(linked, threshold)
        assert children["cps:x1"] != children["cps:x2"]


def test_exchanged_day_and_month_and_accents_do_not_hide_a_child(linked: Linked) -> None:
    children = _children(linked, 0.80)
    assert children["cps:x1"] == children["police:x1"]
    assert children["cps:x2"] == children["police:x2"]


def test_a_row_without_a_name_or_birth_date_is_not_joined_to_either_twin(linked: Linked) -> None:
    children = _children(linked, 0.80)
    assert children["shelter:x1"] not in (children["cps:x1"], children["cps:x2"])


def test_one_thread_gives_the_same_files_every_time(
    made: tuple[Path, Mapping[str, str]], linked: Linked, tmp_path: Path
) -> None:
    again = link(made[0], THRESHOLDS, threads=1, marks=None, folder=tmp_path)
    assert again.figures == linked.figures
    for threshold in THRESHOLDS:
        assert again.clusters[threshold].read_bytes() == linked.clusters[threshold].read_bytes()
    assert again.doubtful.read_bytes() == linked.doubtful.read_bytes()


def test_lists_too_large_for_the_wide_rules_are_linked_alike_every_time_by_any_number_of_threads(
    made: tuple[Path, Mapping[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_MOST_PAIRS", 4000)
    runs = [
        link(made[0], THRESHOLDS, threads=threads, marks=None, folder=tmp_path / str(number))
        for number, threads in enumerate((1, 1, 2))
    ]
    assert runs[0].figures.compared < 8000
    for again in runs[1:]:
        assert again.figures == runs[0].figures
        for threshold in THRESHOLDS:
            assert again.clusters[threshold].read_bytes() == runs[0].clusters[threshold].read_bytes()
        assert again.doubtful.read_bytes() == runs[0].doubtful.read_bytes()
    precision, recall = _pair_quality(_children(runs[0], 0.95), made[1])
    assert precision >= 0.985
    assert recall >= 0.85


def test_wide_rules_are_used_in_their_order_while_their_pairs_fit(
    made: tuple[Path, Mapping[str, str]],
) -> None:
    with duckdb.connect() as con:
        prepare(con, made[0])
        every = scoring.rules_for(con, CHILDREN, 10**9)
        few = scoring.rules_for(con, CHILDREN, 4000)
        none = scoring.rules_for(con, CHILDREN, 0)
    assert every == (*CHILDREN.blocking, *CHILDREN.wide)
    assert none == CHILDREN.blocking
    assert len(none) < len(few) < len(every)
    assert [rule for rule in every if rule in few] == list(few)


def test_marks_of_words_never_hide_a_common_word(made: tuple[Path, Mapping[str, str]]) -> None:
    common = "list_has_any(string_split(l.{0}, ' '), string_split(r.{1}, ' '))"
    with duckdb.connect() as con:
        prepare(con, made[0])
        for one, other in (("kin", "kin"), ("also", "kin"), ("lasts", "lasts")):
            found = con.execute(
                f"SELECT count(*), count(*) FILTER (l.{one}_marks & r.{other}_marks = 0) "
                f"FROM people l, people r WHERE l.{one} <> '' AND {common.format(one, other)}"
            ).fetchall()
            assert found[0][0] > 0
            assert found[0][1] == 0


def test_what_was_linked_can_be_read_again(linked: Linked) -> None:
    assert read(linked.doubtful.parent) == linked


def test_charts_open_without_a_network(linked: Linked) -> None:
    pages = sorted(linked.charts.glob("*.html"))
    assert [page.name for page in pages] == ["levels.html", "match_weights.html"]
    for page in pages:
        assert 'src="http' not in page.read_text("utf-8")


def test_marks_are_obeyed(made: tuple[Path, Mapping[str, str]], linked: Linked, tmp_path: Path) -> None:
    lines: list[dict[str, str]] = [dict(line) for line in _doubtful(linked)[:3]]
    before = _children(linked, 0.99)
    joined = next(
        (one, other)
        for one, other in (("cps:x2", "police:x2"), ("cps:x1", "police:x1"))
        if before[one] == before[other]
    )
    lines[0]["answer"] = "same"
    lines.append({"record_1": joined[0], "record_2": joined[1], "answer": "Different"})
    after = link(made[0], THRESHOLDS, threads=1, marks=_marks(tmp_path, lines), folder=tmp_path)
    assert before[lines[0]["record_1"]] != before[lines[0]["record_2"]]
    assert after.figures.marks == 2
    for threshold in THRESHOLDS:
        children = _children(after, threshold)
        assert children[lines[0]["record_1"]] == children[lines[0]["record_2"]]
        assert children[joined[0]] != children[joined[1]]
    asked_again = {(line["record_1"], line["record_2"]) for line in _doubtful(after)}
    assert (lines[0]["record_1"], lines[0]["record_2"]) not in asked_again


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("cps:x1", "cps:x2", "maybe")], "answer 'maybe' is not known"),
        ([("cps:x1", "cps:none", "same")], "there is no row cps:none"),
        ([("cps:x1", "cps:x1", "same")], "both rows are cps:x1"),
        (
            [
                ("cps:x1", "police:x1", "same"),
                ("police:x1", "cps:x2", "same"),
                ("cps:x1", "cps:x2", "different"),
            ],
            "other marks make them one child",
        ),
    ],
)
def test_marks_that_cannot_be_used_say_why(
    made: tuple[Path, Mapping[str, str]], tmp_path: Path, lines: list[tuple[str, str, str]], said: str
) -> None:
    marks = _marks(
        tmp_path, [{"record_1": one, "record_2": other, "answer": answer} for one, other, answer in lines]
    )
    with pytest.raises(MarksError, match=said):
        link(made[0], THRESHOLDS, threads=1, marks=marks, folder=tmp_path)


def test_marks_of_another_load_are_refused(made: tuple[Path, Mapping[str, str]], tmp_path: Path) -> None:
    line = {"record_1": "cps:x1", "record_2": "cps:x2", "answer": "different", "first_name_1": "Somebody"}
    with pytest.raises(MarksError, match="row cps:x1 now has another first_name"):
        link(made[0], THRESHOLDS, threads=1, marks=_marks(tmp_path, [line]), folder=tmp_path)


@pytest.mark.parametrize("rows", [0, 1])
def test_lists_with_no_two_rows_link_to_as_many_children(rows: int, tmp_path: Path) -> None:
    one = {"record": "cps:1", "list": "cps", "first_name": "Ada", "report_date": dt.date(2025, 1, 1)}
    done = link(_written(tmp_path, [one] * rows), THRESHOLDS, threads=1, marks=None)
    assert done.figures.children == (rows, rows, rows)
    assert len(_children(done, 0.95)) == rows


def test_lists_with_hardly_any_columns_are_linked_by_what_there_is(tmp_path: Path) -> None:
    people = [
        ("Ada", 1),
        ("Bea", 2),
        ("Cora", 3),
        ("Dana", 4),
        ("Edda", 5),
        ("Fay", 6),
        ("Gwen", 7),
        ("Hope", 8),
    ]
    rows: list[dict[str, object]] = [
        {"record": f"{where}:{day}", "list": where, "first_name": first, "last_name": f"{first}son"}
        | {"birth_date": dt.date(2010, day, 2 * day), "report_date": dt.date(2025, 1, 1)}
        for where in ("cps", "police")
        for first, day in people
    ]
    done = link(_written(tmp_path, rows), THRESHOLDS, threads=1, marks=None)
    children = _children(done, 0.80)
    assert [children[f"cps:{day}"] == children[f"police:{day}"] for _, day in people] == [True] * len(people)
    assert len(set(children.values())) == len(people)


def _invented(rows: int, regime: Regime) -> tuple[list[dict[str, object]], dict[str, str]]:
    rng = random.Random(7)
    counties = [County(f"21{n:03d}", 1 / n, (f"4{n:03d}0", f"4{n:03d}1")) for n in range(1, 60)]
    register, made, truth = Register(AGENCIES), list[dict[str, object]](), dict[str, str]()
    for household in households(rng, NOISE[regime], PERIOD.begins, counties):
        if len(made) >= rows:
            break
        for row in rows_of(rng, NOISE[regime], household, register, PERIOD, counties):
            record = f"{row.list}:{len(made) + 1}"
            truth[record] = row.child
            made.append({field.name: getattr(row, field.name, None) for field in FIELDS} | {"record": record})
    return made, truth


def _written(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    file = folder / "records.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows), schema()), file)
    return file


def _children(linked: Linked, threshold: float) -> dict[str, str]:
    rows = pq.read_table(linked.clusters[threshold]).to_pylist()
    return {row["record"]: row["child"] for row in rows}


def _pair_quality(said: Mapping[str, str], truth: Mapping[str, str]) -> tuple[float, float]:
    right = _pairs((said[record], truth[record]) for record in truth)
    return right / _pairs(said[record] for record in truth), right / _pairs(truth.values())


def _pairs(of: Iterable[object]) -> int:
    return sum(number * (number - 1) // 2 for number in Counter(of).values())


def _doubtful(linked: Linked) -> list[dict[str, str]]:
    with linked.doubtful.open(encoding="utf-8-sig", newline="") as given:
        return list(csv.DictReader(given))


def _marks(folder: Path, lines: Sequence[Mapping[str, str]]) -> Path:
    file = folder / "marks.csv"
    columns = list(dict.fromkeys(column for line in lines for column in line))
    with file.open("w", encoding="utf-8", newline="") as written:
        sheet = csv.DictWriter(written, columns)
        sheet.writeheader()
        sheet.writerows(lines)
    return file
