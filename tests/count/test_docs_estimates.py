"""docs/estimates.md says what is so: words, keys, methods, limits, reasons, members; its examples are read and run."""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import itertools
import json
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from porchlight import cli
from porchlight.count import command, settings
from porchlight.count.estimate import (
    Method,
    NotEstimableError,
    Table,
    TableError,
    automatic,
    bic,
    decomposable,
    estimate,
    honesty,
    report,
    stepwise,
    thresholding,
)
from porchlight.count.estimate.existence import Fault
from porchlight.count.estimate.lists import as_private_json
from porchlight.count.estimate.resampling import LEVELS, resampled
from porchlight.count.estimate.table import MOST_LISTS
from porchlight.count.protect import estimates
from porchlight.count.publish.guesses import _CAVEATS
from porchlight.count.publish.record import _estimates, trend
from porchlight.count.publish.words import WORDS
from tests.bench import mse, mse_truth
from tests.count.test_docs_count import block, plain, section

REFERENCE = Path(__file__).parent / "mse"
R: dict[str, Any] = json.loads((REFERENCE / "r.json").read_text("utf-8"))
TABLES: dict[str, Any] = json.loads((REFERENCE / "tables.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def text() -> str:
    return (Path(__file__).parents[2] / "docs" / "estimates.md").read_text("utf-8")


def flat(part: str) -> str:
    """Without ends of lines, to look for what may run over two."""
    return re.sub(r"\s+", " ", part)


def tables(part: str) -> list[list[list[str]]]:
    """Each table of a part: its rows of cells, the heads first."""
    found = []
    for each in re.findall(r"(?:^\|.*\|\n)+", part, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in each.splitlines()]
        found.append([lines[0], *lines[2:]])
    return found


def keys(table: list[list[str]]) -> list[str]:
    return [plain(row[0]) for row in table[1:]]


def codes(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


# --- report.toml and what it leaves -----------------------------------------------------------------------------------


def test_every_key_of_the_section_is_described_with_what_holds_without_it(text: str) -> None:
    described = {plain(row[0]): plain(row[1]) for row in tables(section(text, "In the report"))[0][1:]}
    unless_told = msgspec.to_builtins(settings.Estimate())
    said = {name: "none" if value == {} else str(value).lower() for name, value in unless_told.items()}
    assert described == said


def _settings(folder: Path, part: str, lists: list[str]) -> settings.Settings:
    """report.toml with a section for estimates and these lists."""
    written = ['[report]\ntitle="A"\njurisdiction="US-KY"\nperiod="2025"\nbegins=2025-01-01\nends=2025-12-31']
    for name in lists:
        (folder / f"{name}.csv").touch()
        written.append(
            f'[[lists]]\nid="{name}"\nname="{name}"\nfile="{name}.csv"\nmapping="{name}.csv"\n'
            'agreement="a"\npurpose="p"\npurge=2099-01-01'
        )
    (folder / "report.toml").write_text("\n".join([*written, part]))
    return settings.read(folder / "report.toml")


def test_the_example_of_the_section_is_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    (example,) = block(section(text, "In the report"), "toml")
    lists = ["cps", "city_police", "state_police", "shelter"]
    asked = _settings(tmp_path, example, lists).estimate
    assert asked.wanted
    assert asked.groups == {"law_enforcement": ("city_police", "state_police")}
    assert set(tomllib.loads(example)["estimate"]) == {each.name for each in msgspec.structs.fields(asked)}


def test_the_limits_of_the_keys_are_those_in_force(text: str, tmp_path: Path) -> None:
    part = section(text, "In the report")
    low, high = (int(each.replace(",", "")) for each in re.findall(r"interval, (\d+) to ([\d,]+)\.", part)[0])
    for draws, taken in ((low, True), (low - 1, False), (high, True), (high + 1, False)):
        section_of_it = f"[estimate]\ndraws = {draws}"
        if taken:
            assert _settings(tmp_path, section_of_it, ["a"]).estimate.draws == draws
        else:
            with pytest.raises(settings.SettingsError, match="draws"):
                _settings(tmp_path, section_of_it, ["a"])
    with pytest.raises(settings.SettingsError, match="more than once"):
        _settings(tmp_path, '[estimate]\ngroups = { x = ["a"], y = ["a"] }', ["a"])
    assert f"At most {MOST_LISTS} lists or groups" in part
    assert f"More than {MOST_LISTS} lists or groups" in section(text, "When no number is told")
    (most,) = re.findall(r"`bic` for up to (\d+) lists, else `stepwise`", flat(part))
    assert [automatic(each) for each in (int(most), int(most) + 1)] == [Method.BIC, Method.STEPWISE]


@cache
def _estimated() -> report.Estimated:
    """Every method on a small table, with few draws."""
    counts = {"100": 90, "010": 70, "001": 50, "110": 25, "101": 15, "011": 12, "111": 5}
    table = Table.of(["a", "b", "c"], counts)
    return report.estimated({0.8: table, 0.95: table, 0.99: table}, draws=200)


def test_the_private_file_holds_what_the_page_says(text: str) -> None:
    described = tables(section(text, "In the report"))[1]
    private = json.loads(as_private_json(_estimated()))
    assert keys(described) == list(private)
    members = {plain(row[0]): codes(row[1]) for row in described[1:]}
    assert set(members["tables"]) == set(private["tables"]["0.95"])
    assert set(members["answers"]) == set(private["answers"][0])
    assert set(members["hidden_lists"]) == set(private["hidden_lists"][0])


def test_the_published_members_are_those_on_the_page(text: str) -> None:
    (described,) = tables(section(text, "What is published, and how it is rounded"))
    published = _estimates(report.carefully(_estimated(), frozenset(), 10))
    assert keys(described) == list(published)
    members = {plain(row[0]): codes(row[1]) for row in described[1:]}
    assert members["answers"] == list(published["answers"][0])
    assert list(published["by_threshold"][0]) == list(published["answers"][0])
    assert set(members["hidden_lists"]) == set(published["hidden_lists"][0])


def test_the_scale_of_rounding_is_the_one_on_the_page(text: str) -> None:
    part = flat(section(text, "What is published, and how it is rounded"))
    assert "1, 2, 5, 10, 20 and so on, never finer than one fiftieth" in part
    steps = list(estimates._steps(1000.0))
    assert steps == [20, 50, 100, 200, 500, 1000]
    assert min(steps) == 1000 / estimates._FINEST
    assert f"among its {report._QUICK_MODELS} best models" in part
    assert f"with {report._QUICK_DRAWS} resampled tables" in part
    assert report._QUICK_CHAINS < thresholding._CHAINS
    asked = estimates.questions(np.array([5, 4, 0, 3, 0, 0, 2]), frozenset({2, 3}), 10)
    assert {each.value for each in asked} == {1, 10}


def test_so_many_counts_of_the_kingdom_s_table_are_small_as_is_said(text: str) -> None:
    above, small = re.findall(r"of the (\d+) counts above zero .*?, (\d+) are 10 or less", flat(text))[0]
    counts = [each for each in TABLES["UKdat"]["counts"].values() if each]
    assert (len(counts), sum(each <= 10 for each in counts)) == (int(above), int(small))


# --- the command ------------------------------------------------------------------------------------------------------


def _options() -> dict[str, argparse.Action]:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    (actions,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    found = actions.choices["estimate"]._option_string_actions
    return {name: action for name, action in found.items() if name not in ("-h", "--help")}


def test_every_word_of_the_command_is_described_with_what_holds_without_it(text: str) -> None:
    described = {plain(row[0]): row[1] for row in tables(section(text, "From a table alone"))[0][1:]}
    options = _options()
    assert list(described) == list(options)
    assert f"({options['--seed'].default})" in described["--seed"]
    assert "(1000)" in described["--bootstrap"]
    assert "(default: 1000)" in (options["--bootstrap"].help or "")
    methods = [each for each in codes(described["--method"].split(";")[0]) if each]
    assert methods == list(options["--method"].choices or ())
    assert set(methods) == set(Method)
    assert re.search(r"`bic` for up to 5 lists, else `stepwise`", described["--method"])


def test_the_example_of_the_command_prints_what_the_page_says(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    part = section(text, "From a table alone")
    table, wanted = block(part, "json")
    (tmp_path / "overlaps.json").write_text(table)
    monkeypatch.chdir(tmp_path)
    (line,) = re.findall(r"^    porchlight (.+)$", part, re.MULTILINE)
    assert cli.main(shlex.split(line)) == 0
    told, shown = json.loads(capsys.readouterr().out), json.loads(wanted)
    assert told.pop("seconds") > 0
    assert shown.pop("seconds") > 0
    _same(told, shown)
    described = keys(tables(part)[1])
    assert described[:-1] == [*json.loads(wanted)]
    assert len(told["histogram"]["counts"]) == int(re.findall(r"of (\d+) bins", part)[0])


def _same(told: Any, shown: Any) -> None:
    """Equal but for the digits that the page leaves out; a list may end in …, where the page cuts it short."""
    if isinstance(shown, dict):
        assert list(told) == list(shown)
        for name in shown:
            _same(told[name], shown[name])
    elif isinstance(shown, list):
        cut = shown[-1:] == ["…"]
        assert (len(told) > len(shown)) if cut else (len(told) == len(shown))
        for one, other in zip(told, shown[: -1 if cut else None], strict=False):
            _same(one, other)
    else:
        assert told == (pytest.approx(shown, rel=1e-4) if isinstance(shown, float) else shown)


def test_without_an_estimate_there_are_the_members_and_endings_that_the_page_names(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = (row[1] for row in tables(section(text, "From a table alone"))[1] if plain(row[0]) == "reason")
    (tmp_path / "none.json").write_text('{"lists": ["a", "b"], "counts": {"10": 3, "01": 4}}')
    asked = ["count", "estimate", "--json", "--table"]
    assert cli.main([*asked, str(tmp_path / "none.json")]) == 1
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"reason", *codes(line)}
    assert told["estimate"] is told["model"] is None
    assert cli.main([*asked, str(tmp_path / "absent.json")]) == 2
    assert "0 when there is an estimate, 1 when there is none, 2 when the file cannot be read" in flat(text)


def test_the_example_in_python_prints_what_the_page_says(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "overlaps.json").write_text(block(section(text, "From a table alone"), "json")[0])
    monkeypatch.chdir(tmp_path)
    part = section(text, "From Python")
    (example,), (wanted,) = block(part, "python"), block(part, "text")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(example, "docs/estimates.md", "exec"), {"__name__": "example"})
    assert out.getvalue() == wanted


def test_the_package_needs_no_more_than_the_page_says(text: str) -> None:
    assert "needs numpy and scipy, and nothing of the rest of a count" in flat(section(text, "From Python"))
    told = "import sys, porchlight.count.estimate; print(*{each.split('.')[0] for each in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {"numpy", "scipy", "porchlight"} <= set(loaded)
    assert not {"duckdb", "pyarrow", "splink", "msgspec", "weasyprint", "django"} & set(loaded)


# --- methods and intervals --------------------------------------------------------------------------------------------


def _lists(number: int) -> Table:
    """A table of so many lists in which every combination is held."""
    counts = [0, *(round(600 / 3 ** (each.bit_count() - 1)) + each % 5 for each in range(1, 2**number))]
    return Table(tuple("abcdefghijk"[:number]), np.array(counts))


def test_every_method_is_described_with_its_paper_and_the_numbers_of_lists_it_takes(text: str) -> None:
    described = tables(section(text, "The methods"))[0]
    assert keys(described) == list(Method)
    modules = {"bic": bic, "stepwise": stepwise, "dga": decomposable, "threshold": thresholding}
    for name, lists, paper, _ in described[1:]:
        low, high = (int(each) for each in lists.split(" to "))
        method = Method(plain(name))
        if method in modules:
            authors, year = re.findall(r"^(.*) (\d{4}), ", paper)[0]
            assert f"{authors} {year}" in flat(modules[method].__doc__ or "").replace("(", "")
            assert paper.rsplit(", ", 1)[1] in flat(modules[method].__doc__ or "")
        with pytest.raises((NotEstimableError, TableError)):
            estimate(_lists(low - 1), method, draws=0)
        if method is not Method.THRESHOLD:
            estimate(_lists(low), method, draws=0)
        if method in (Method.BIC, Method.DGA):
            with pytest.raises(NotEstimableError):
                estimate(_lists(high + 1), method, draws=0)
        else:
            assert high == MOST_LISTS


def test_the_numbers_of_the_methods_are_those_in_the_code(text: str) -> None:
    part = flat(section(text, "The methods"))
    assert f"Poisson probability is below {stepwise.THRESHOLD:g}" in part
    assert ", ".join(str(len(decomposable.graphs(each))) for each in (3, 4)) + " or 822" in part
    assert f"**{decomposable._GRID:,} evenly spread numbers** of unseen children" in part
    assert f"from 1 to {decomposable._TIMES} times those seen" in part
    assert len(decomposable.unseen_grid(10_000)) == decomposable._GRID
    assert len(decomposable.unseen_grid(10)) == 300
    assert len(decomposable.unseen_grid(5_000, every=True)) == 150_000
    assert len(decomposable.unseen_grid(5_001, every=True)) == 1000
    assert (
        f"R-hat at most {thresholding._MOST_R_HAT}, worth at least {thresholding._LEAST_DRAWS} draws" in part
    )
    low, high = thresholding._MOVING
    assert f"{low:.0%} to {high:.0%} of the steps".replace("%", " %") in part
    assert f"It runs {thresholding._CHAINS} chains" in part
    assert f"less than {thresholding._THRESHOLD:g} standard deviations" in part
    assert "up to 2 lists where there are three or six, of up to 3 where there are four or five" in part
    assert [bic.orders(each) for each in (2, 3, 4, 5, 6)] == [1, 2, 3, 3, 2]
    assert "3,702,013" in part
    with pytest.raises(NotEstimableError, match="3,702,013"):
        estimate(_lists(6), Method.BIC, order=3)


def test_the_details_of_each_method_are_those_on_the_page(text: str) -> None:
    described = {plain(row[0]): codes(row[1]) for row in tables(section(text, "The methods"))[1][1:]}
    assert list(described) == list(Method)
    found = {each.method: each.found for each in _estimated().answers}
    for method in Method:
        told = found[method]
        assert told
        assert described[method] == list(told.details), method
        assert (told.bca is None) == (method in (Method.DGA, Method.THRESHOLD))
        assert set(told.percentile or {}) == set(LEVELS)


def test_a_threshold_that_did_not_settle_is_refused_with_its_three_numbers(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the message has the three numbers" in flat(section(text, "The methods"))
    unsettled = thresholding.Sampled(np.ones(4), (), {}, r_hat=1.02, worth=399, moved=0.04)
    monkeypatch.setattr(thresholding, "threshold", lambda table, seed: unsettled)
    with pytest.raises(NotEstimableError, match=r"1\.020.* 399 .*4%"):
        estimate(_lists(3), Method.THRESHOLD)
    for r_hat, worth, moved in itertools.product((1.01, 1.011), (400, 399), (0.05, 0.049)):
        settled = thresholding.Sampled(np.ones(4), (), {}, r_hat, worth, moved).converged
        assert settled == ((r_hat, worth, moved) == (1.01, 400, 0.05))


def test_the_codes_of_existence_are_those_of_the_page(text: str) -> None:
    part = flat(section(text, "Does a model have an estimate?"))
    assert "0 fine, 1 no estimate, 2 not identifiable, 3 both" in part
    assert [Fault.NO_ESTIMATE, Fault.NOT_IDENTIFIABLE] == [1, 2]


def test_the_intervals_are_made_as_the_page_says(text: str) -> None:
    part = flat(section(text, "Intervals"))
    assert "all of them for up to three lists, the best 20 for four, the best 100 for five and six" in part
    assert [bic._RETRIED.get(each) for each in (2, 3, 4, 5, 6)] == [None, None, 20, 100, 100]
    assert " and ".join(f"{each} %" for each in LEVELS) in part
    # Type 8: the quantile p of n draws lies at (n + 1/3) p + 1/3 in order.
    rising = np.arange(1.0, 201.0)
    turn = iter((rising, np.linspace(1, 2, 3)))
    found = resampled(np.array([5, 4, 3]), 100.0, lambda _: next(turn), 200, 1)
    place = (200 + 1 / 3) * 0.025 + 1 / 3
    assert found.percentile[95][0] == pytest.approx(place)
    assert "of type 8" in part


def test_the_tested_methods_are_those_on_the_page(text: str) -> None:
    part = flat(section(text, "The test on hidden lists"))
    tested, not_tested = re.findall(
        r"each list with (.*?) \(.*?interval held the truth\. (.*?) are not", part
    )[0]
    assert codes(tested) == list(report._TESTED)
    assert set(codes(not_tested)) == set(Method) - set(report._TESTED)
    assert f"({report._QUICK_DRAWS} resampled tables)" in part


# --- refusals and what is never asked ---------------------------------------------------------------------------------


def _codes_in_the_code() -> set[str]:
    """The first argument of every `Refusal(...)`, and what only the rounding says."""
    found = {"tells_a_count"}
    for module in (honesty, report):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                assert isinstance(node.args[0], ast.Constant)
                found.add(str(node.args[0].value))
    return found


def test_every_reason_for_refusing_is_described_with_its_number(text: str) -> None:
    part = section(text, "When no number is told")
    (described,) = tables(part)
    told = {plain(row[0]): row[1] for row in described[1:]}
    assert set(told) == _codes_in_the_code()
    assert set(told) == {name.split(".")[1] for name in WORDS if name.startswith("refused.")}
    assert f"fewer than {honesty.FEWEST_LISTS} lists" in told["few_lists"]
    assert f"fewer than {honesty.FEWEST_OVERLAPS} children" in told["few_overlaps"]
    assert f"more than {honesty.WIDEST:g} times" in told["wide"]
    numbers = f"The numbers {honesty.FEWEST_LISTS}, {honesty.FEWEST_OVERLAPS} and {honesty.WIDEST:g} are"
    assert numbers in flat(part)


def test_no_setting_asks_for_a_subgroup_and_no_year_is_laid_beside_another(text: str) -> None:
    """[estimate] has the keys of the page; what is said of the years holds counts alone."""
    assert "**The product has no way to ask for it.**" in flat(
        section(text, "Never by subgroup, never as a trend")
    )
    assert {each.name for each in msgspec.structs.fields(settings.Estimate)} == {
        *("wanted", "groups", "draws", "seed")
    }
    assert "estimate" not in " ".join(trend.__code__.co_names)


def test_there_are_as_many_things_to_know_as_the_report_prints(text: str) -> None:
    numbers = re.findall(r"^(\d+)\. ", section(text, "Seven things to know"), re.MULTILINE)
    assert [f"estimate_caveat_{each}" for each in numbers] == list(_CAVEATS)
    assert len(_CAVEATS) == 7


# --- what R gave, what was measured -----------------------------------------------------------------------------------


def _r(name: str) -> list[str]:
    """A row of the page by what R gave."""

    def ends(interval: dict[str, float]) -> str:
        return f"{interval['0.025']:,.0f} to {interval['0.975']:,.0f}"

    steps = next(each for each in R["stepwise_bootstrap"] if each["dataset"] == name and each["B"] == 1000)
    best = [each for each in R["bic"] if each["dataset"] == name and each["maxorder"] == "default"]
    graphs = [R["dga"][name]["grid1000"]["median"]] if name in R["dga"] else []
    by_bic = [f"{best[0]['popest']:,.0f}", ends(list(best[0]["BCa"].values())[-1])] if best else ["-", "-"]
    return [
        *(f"`{name}`", str(len(TABLES[name]["lists"])), f"{TABLES[name]['total_observed']:,}"),
        *(f"{R['stepwise'][name]['0.02']['estimate']:,.0f}", ends(steps["BCa"]), *by_bic),
        f"{graphs[0]:,.0f}" if graphs else "-",
        f"{R['bayesian_thresholding'][name]['popest']:,.0f}",
        f"{R['stepwise'][name]['0']['estimate']:,.0f}",
    ]


def test_the_numbers_of_r_are_those_that_r_gave(text: str) -> None:
    described = tables(section(text, "What R gave"))[0]
    assert described[1:] == [_r(plain(row[0])) for row in described[1:]]
    assert set(keys(described)) == set(TABLES)
    steps = next(
        each for each in R["stepwise_bootstrap"] if each["dataset"] == "UKdat_5" and each["B"] == 1000
    )
    part = flat(section(text, "What R gave"))
    assert f"{steps['BCa']['0.975']:,.0f} (BCa) and {steps['boot_pct95'][1]:,.0f} (percentile)" in part
    assert ", ".join(str(each) for each in R["existence_of_Artificial_3"]) in part
    for program in ("SparseMSE", "MultipleSystemsEstimation", "dga"):
        assert f"{program} {R['versions'][program].split()[0]}" in part
    apart = re.findall(r"gives ([\d,]+) by one respected method and ([\d,]+) by another", flat(text))[0]
    assert set(apart) <= set(_r("UKdat_5"))


def test_what_was_measured_stands_between_its_marks_under_the_heads_of_the_programs(
    text: str, root: Path
) -> None:
    part = section(text, "How it was measured")
    measured = part[part.index("<!-- measured: begin -->") : part.index("<!-- measured: end -->")]
    assert [root / each for each in re.findall(r"`python (\S+\.py)", measured)] == [
        Path(mse.__file__),
        Path(mse_truth.__file__),
    ]
    seconds, truth = tables(measured)
    assert seconds[0] == ["Table", "Method", "Estimate", "Seconds", "R's seconds", "R / ours"]
    assert truth[0] == ["World", "Method", "Held the truth", "Bias", "Refused"]
    for row in truth[1:]:
        assert row[0] in mse_truth.WORLDS
        assert plain(row[1]) in set(Method)
    assert {each.lower() for each in re.findall(r"\*(\w+)\*:", measured)} == set(mse_truth.WORLDS)
    shares = ", ".join(f"{each * 100:g}" for each in mse_truth._FOUND[:-1])
    assert f"{shares} and {mse_truth._FOUND[-1] * 100:g} %" in flat(measured)


def test_every_link_leads_to_a_heading(text: str, root: Path) -> None:
    pages = {"": text, "count.md": (root / "docs" / "count.md").read_text("utf-8")}
    targets = re.findall(r"\]\(([\w.]*)#([^)]+)\)", text)
    targets += [("", each) for each in re.findall(r"\]\(estimates\.md#([^)]+)\)", pages["count.md"])]
    assert len(targets) > 20
    for page, head in targets:
        heads = re.findall(r"^#+ (.+)$", pages[page], re.MULTILINE)
        assert head in {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in heads}, head
