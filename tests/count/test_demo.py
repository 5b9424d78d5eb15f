"""Invented children: the same seed makes the same lists, and the truth is told of every row."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from porchlight.count import demo, settings, steps, workspace
from porchlight.count.cells import Dimension, Key, Table, Unit
from porchlight.count.demo.layouts import LAYOUTS, fitting
from porchlight.count.demo.truth import (
    Difference,
    Lost,
    compared,
    differences,
    link_quality,
    lost,
    true_tables,
)
from porchlight.count.load import Loaded, load
from porchlight.count.publish import EditionError


def _loaded(made: demo.Demo) -> Loaded:
    read = settings.read(made.settings)
    with workspace.opened(read.path(read.workspace.folder)) as space:
        return load(read, space)


def _bytes(folder: Path) -> dict[str, bytes]:
    # Excel files carry the time they were made.
    kept = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".xlsx")
    return {str(each.relative_to(folder)): each.read_bytes() for each in kept}


def test_the_same_seed_makes_the_same_lists_and_another_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        demo.make(tmp_path / name, children=60, seed=seed)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "a")["cps.csv"] != _bytes(tmp_path / "c")["cps.csv"]


def test_every_row_of_every_layout_is_loaded_and_its_child_is_known(tmp_path: Path) -> None:
    made = demo.make(tmp_path / "demo", agencies=5, children=300, seed=2)
    records = pq.read_table(_loaded(made).records)
    truth = pq.read_table(made.truth / "truth.parquet")
    assert records.num_rows == made.records
    assert set(records.column("record").to_pylist()) == set(truth.column("record").to_pylist())
    assert len(set(truth.column("child").to_pylist())) == made.children >= 300


def test_what_is_loaded_is_what_was_written(tmp_path: Path) -> None:
    """Sex is written in five ways and changed in few rows: nearly all must come back as the child's own."""
    made = demo.make(tmp_path / "demo", children=300, seed=3)
    records = pq.read_table(
        _loaded(made).records, columns=["record", "sex", "birth_date", "first_name"]
    ).to_pylist()
    child_of = dict(
        zip(
            *(
                pq.read_table(made.truth / "truth.parquet").column(name).to_pylist()
                for name in ("record", "child")
            ),
            strict=True,
        )
    )
    children = {each["child"]: each for each in pq.read_table(made.truth / "children.parquet").to_pylist()}
    same: Counter[str] = Counter()
    for row in records:
        child = children[child_of[row["record"]]]
        same["sex"] += row["sex"] == child["sex"]
        same["birth"] += row["birth_date"] in (None, child["birth_date"])
        same["name"] += row["first_name"] == child["first_name"]
    assert same["sex"] > 0.97 * len(records)
    assert same["birth"] > 0.93 * len(records)
    assert 0.8 * len(records) < same["name"] < 0.99 * len(records)


def test_the_lists_overlap_and_hold_brothers_sisters_and_twins(tmp_path: Path) -> None:
    made = demo.make(tmp_path / "demo", children=400, seed=4)
    truth = pq.read_table(made.truth / "truth.parquet").to_pylist()
    lists: dict[str, set[str]] = {}
    for row in truth:
        lists.setdefault(row["child"], set()).add(row["record"].split(":")[0])
    several = sum(len(each) > 1 for each in lists.values()) / len(lists)
    assert 0.3 < several < 0.9
    children = pq.read_table(made.truth / "children.parquet").to_pylist()
    households = Counter(child["household"] for child in children)
    assert sum(count > 1 for count in households.values()) > 40
    twins = Counter((child["household"], child["birth_date"]) for child in children if child["twin"])
    assert 2 in twins.values()


def test_the_hard_regime_has_more_twins_and_fewer_birth_dates(tmp_path: Path) -> None:
    made = {
        regime: demo.make(tmp_path / regime, children=400, seed=5, regime=regime) for regime in demo.Regime
    }
    shares = {}
    for regime, one in made.items():
        twins = pq.read_table(one.truth / "children.parquet").column("twin").to_pylist()
        births = pq.read_table(_loaded(one).records).column("birth_date")
        shares[regime] = (sum(twins) / len(twins), births.null_count / len(births))
    assert shares[demo.Regime.HARD] > shares[demo.Regime.ORDINARY]
    assert shares[demo.Regime.HARD][1] > shares[demo.Regime.ORDINARY][1]


def test_forty_agencies_are_made_and_more_are_refused(tmp_path: Path) -> None:
    made = demo.make(tmp_path / "forty", agencies=40, children=40)
    assert len(settings.read(made.settings).lists) == 40
    with pytest.raises(ValueError, match="1 to 40"):
        demo.make(tmp_path / "more", agencies=41)


def test_a_folder_that_holds_anything_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(FileExistsError):
        demo.make(tmp_path)


def test_linking_is_judged_by_pairs(tmp_path: Path) -> None:
    records = [f"a:{number}" for number in range(6)]
    for name, children in (("truth", "XXXYYZ"), ("said", "112334")):
        pq.write_table(pa.table({"record": records, "child": list(children)}), tmp_path / name)
    found = link_quality(tmp_path / "truth", tmp_path / "said")
    # True pairs: 3 of X, 1 of Y. Said: (0,1) right, (3,4) right.
    assert (found.right, found.made, found.true) == (2, 2, 4)
    assert (found.children, found.true_children) == (4, 3)
    assert (found.precision, found.recall) == (1.0, 0.5)


SEX = Dimension("sex", ("girl", "boy"))
NUMBERED = tuple(
    Key("2025", Unit.CHILDREN, frozenset(where)) for where in ((), (("sex", "girl"),), (("sex", "boy"),))
)


def _by_sex(*counts: int) -> Table:
    return Table("sex", "2025", Unit.CHILDREN, (SEX,), dict(zip(NUMBERED, counts, strict=True)))


def test_a_table_is_judged_by_its_largest_and_mean_difference() -> None:
    found = list(differences([_by_sex(30, 22, 8)], [_by_sex(27, 18, 9)]))
    assert found == [Difference("sex", Unit.CHILDREN, 3, 4, 8 / 3)]


def test_what_hiding_took_is_the_share_of_children_in_hidden_finest_cells() -> None:
    assert lost([_by_sex(30, 22, 8)], frozenset(NUMBERED[2:])) == Lost(3, 1, 8 / 30)
    assert lost([_by_sex(30, 22, 8)], frozenset(NUMBERED)) == Lost(3, 3, 1.0)


def test_a_list_too_long_for_excel_is_kept_as_csv_and_reads_the_same() -> None:
    excel = next(layout for layout in LAYOUTS if layout.suffix == "xlsx")
    assert fitting(excel, 50_000) == excel
    long = fitting(excel, 50_001)
    assert (long.suffix, long.sheet, long.columns) == ("csv", None, excel.columns)
    # Dates that had a type of their own must be written in the order that the mapping file tells.
    assert (long.dates, long.order) == ("%Y-%m-%d", "ymd")


_WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("splink", "duckdb", "pyarrow", "scipy", "numpy", "python_calamine"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from porchlight import cli
sys.exit(cli.main(["count", "demo", sys.argv[1]]))
"""


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, str(tmp_path / "demo")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'porchlight[count]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "demo").exists()


def _published(folder: Path) -> dict[str, bytes]:
    """Every file of the report; a PDF carries an identity of its own."""
    files = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pdf")
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[demo.Demo, steps.Run]:
    """A small demo counted to the end, without the PDF."""
    made = _small(tmp_path_factory.mktemp("count") / "demo")
    return made, steps.run(settings.read(made.settings), made=_DAY)


_DAY = dt.date(2026, 11, 1)


def _small(folder: Path) -> demo.Demo:
    made = demo.make(folder, agencies=2, children=1500, seed=6)
    made.settings.write_text(made.settings.read_text().replace("[publish]", "[publish]\npdf = false"))
    return made


def test_a_demo_is_counted_to_the_end_near_the_truth(counted: tuple[demo.Demo, steps.Run]) -> None:
    made, done = counted
    assert done.audited is not None
    assert done.audited.audit.narrowed == ()
    assert done.linked is not None
    found = link_quality(made.truth / "truth.parquet", done.linked.clusters[0.95])
    assert found.true_children == made.children
    assert abs(found.children / made.children - 1) < 0.1


def test_a_report_that_could_be_subtracted_from_the_last_one_is_refused(
    counted: tuple[demo.Demo, steps.Run],
) -> None:
    made, _ = counted
    told = made.settings.read_text().replace('period = "2025"', 'period = "The year"')
    again = made.folder / "again.toml"
    again.write_text(told.replace("[publish]", '[publish]\nlast_report = "report/report.json"'))
    with pytest.raises(EditionError, match="could subtract"):
        steps.run(settings.read(again), made=_DAY)


def test_of_a_short_list_no_share_is_told(counted: tuple[demo.Demo, steps.Run]) -> None:
    quality = counted[1].loaded.quality[0]
    assert "nearly always" in steps._coverage(quality, 10).values()
    short = msgspec.structs.replace(quality, read=199)
    assert set(steps._coverage(short, 10).values()) == {"asked"}


def test_each_step_is_told_beside_the_truth(counted: tuple[demo.Demo, steps.Run]) -> None:
    made, done = counted
    told = compared(made, done).splitlines()
    for step in steps.NAMES:
        assert any(line.startswith(step) for line in told)
    assert f"load      {made.records:,} of {made.records:,} rows" in told
    published = next(
        line for line in told if line.split()[:1] == ["children"] and line.split()[1:2] != ["determined"]
    )
    assert published.split()[-1] == f"{made.children:,}"
    assert told[-1].endswith(f"named {made.children:,} children.")


def test_the_true_tables_count_every_named_child_once(counted: tuple[demo.Demo, steps.Run]) -> None:
    made, done = counted
    true = {table.name: table for table in true_tables(made, done.loaded.records)}
    assert done.tabulated is not None
    assert list(true) == [table.name for table in done.tabulated.tables]
    assert true["sex"].cells[Key("2025", Unit.CHILDREN)] == made.children
    # Reports are counted without linking: there is nothing to be wrong about.
    apart = {each.table: each.largest for each in differences(done.tabulated.tables, tuple(true.values()))}
    assert (apart["flow"], apart["services"], apart["reporters"]) == (0, 0, 0)
    assert apart["agencies"] > 0


def test_nothing_published_holds_a_path_or_a_hash_of_an_input(counted: tuple[demo.Demo, steps.Run]) -> None:
    made, done = counted
    assert done.published is not None
    inputs = [each for each in made.folder.iterdir() if each.is_file()]
    secrets = [
        str(made.folder),
        *(each.name for each in inputs),
        *(workspace.hash_of(each) for each in inputs),
    ]
    sums = [hashlib.sha256(each.read_bytes()).hexdigest() for each in inputs]
    texts = [path.read_text("utf-8") for path in done.published.files]
    assert len(texts) > 10
    assert [secret for secret in (*secrets, *sums) if any(secret in text for text in texts)] == []


def test_everything_counted_and_published_is_its_owner_s_alone(counted: tuple[demo.Demo, steps.Run]) -> None:
    _, done = counted
    assert done.published is not None
    held = [each for each in done.folder.rglob("*") if each.is_file()]
    assert {each.stat().st_mode & 0o777 for each in [*held, *done.published.files]} == {0o600}


_KILLED_AFTER = """
import os, signal, sys, datetime as dt
from pathlib import Path
from porchlight.count import settings, steps
def progress(what, done, of):
    if what == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
steps.run(settings.read(Path(sys.argv[1])), progress=progress, made=dt.date(2026, 11, 1))
"""


def test_killed_at_each_step_it_resumes_to_the_same_report(
    tmp_path: Path, counted: tuple[demo.Demo, steps.Run]
) -> None:
    whole, _ = counted
    made = _small(tmp_path / "demo")
    for step in ("State police", "tabulate", "publish"):
        done = subprocess.run([sys.executable, "-c", _KILLED_AFTER, str(made.settings), step], check=False)
        assert done.returncode == -9
        assert not (made.folder / "report").exists()
        rows = {"cps.csv", "police.csv"}
        beside = {each.name for each in made.folder.iterdir() if each.suffix in (".csv", ".xlsx", ".parquet")}
        assert beside == rows | {"population.csv", "regions.csv"}
    resumed = steps.run(settings.read(made.settings), made=_DAY)
    assert resumed.loaded.resumed
    assert _published(made.folder / "report") == _published(whole.folder / "report")
