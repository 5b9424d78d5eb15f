"""Every ZIP code of the table, and the ways people write one."""

from __future__ import annotations

import pytest

from porchlight.places import Ask, AskWhy, Found, Place, Unknown, UnknownWhy, resolve

from .conftest import Line


def place(text: str) -> Place:
    answer = resolve(text)
    assert isinstance(answer, Found), (text, answer)
    return answer.place


def shares(lines: list[Line]) -> dict[str, float]:
    """County -> share of the ZIP code's homes, or of its addresses where there is no home."""
    homes = any(float(line.res_ratio) for line in lines)
    return {
        line.county_fips: float(line.res_ratio if homes else line.tot_ratio)
        for line in lines
        if line.county_fips != "99999"
    }


def state_of_county(zip_table: dict[str, list[Line]]) -> dict[str, str]:
    """First two digits of a FIPS code -> state, as most lines of the table pair them."""
    pairs: dict[str, dict[str, int]] = {}
    for lines in zip_table.values():
        for line in lines:
            counts = pairs.setdefault(line.county_fips[:2], {})
            counts[line.state] = counts.get(line.state, 0) + 1
    return {prefix: max(counts, key=lambda state: counts[state]) for prefix, counts in pairs.items()}


def test_every_zip_code_of_the_table_resolves_to_what_the_table_says(
    zip_table: dict[str, list[Line]],
) -> None:
    states = state_of_county(zip_table)
    asked_state = found = 0
    for code, lines in zip_table.items():
        parts = shares(lines)
        spanned = {states[fips[:2]] for fips in parts} | {lines[0].state}
        answer = resolve(code)
        if len(spanned) > 1:
            asked_state += 1
            assert isinstance(answer, Ask), code
            assert answer.question is AskWhy.WHICH_STATE, code
            assert {choice.place.jurisdiction for choice in answer.choices} == {
                f"US-{state}" for state in spanned
            }, code
            asked = {choice.place.county_fips for choice in answer.choices}
            assert asked - {None, "11001"} == set(parts) - {"11001"}, code
        elif max(parts.values()) >= 0.9 * sum(parts.values()):
            found += 1
            assert isinstance(answer, Found), code
            assert answer.place.county_fips == max(parts, key=lambda fips: parts[fips]), code
            assert answer.place.jurisdiction == f"US-{lines[0].state}", code
        else:
            assert isinstance(answer, Ask), code
            assert answer.question is AskWhy.WHICH_COUNTY, code
            assert answer.jurisdiction == f"US-{lines[0].state}", code
            *chosen, whole = (choice.place for choice in answer.choices)
            assert [each.county_fips for each in chosen] == sorted(
                parts, key=lambda fips: (-parts[fips], fips)
            ), code
            assert whole == place(whole.label), code
            assert whole.county is None, code
    assert len(zip_table) == 39_501
    assert found > 30_000
    assert asked_state == 21


def test_only_zip_codes_of_the_table_are_known(zip_table: dict[str, list[Line]]) -> None:
    for number in range(0, 100_000, 7):
        answer = resolve(f"{number:05}")
        assert isinstance(answer, Unknown) == (f"{number:05}" not in zip_table), number


@pytest.mark.parametrize(
    "written",
    [
        "40202",
        "40202-1234",
        "40202 1234",
        "402021234",
        " 40202\n",
        "４０２０２",
        "zip 40202",
        "ZIP code: 40202",
        "Louisville, KY 40202",
        "louisville ky 40202-1234",
        "40202 Louisville",
        "Kentucky 40202",
        "123 Main St, Louisville, KY 40202",
        "123 Main St Apt 4 Louisville KY 40202 USA",
        "\u200f40202\u200e",
    ],
)
def test_a_zip_code_is_read_however_it_is_written(written: str) -> None:
    assert place(written).label == "Louisville, Jefferson County, Kentucky"
    assert place(written).county_fips == "21111"


def test_a_house_number_is_not_taken_for_a_zip_code() -> None:
    assert place("12345").label == "Schenectady, Schenectady County, New York"
    assert place("12345 Oak Street, Albany, NY").city == "Albany"
    assert place("12345 Oak St Albany NY").city == "Albany"


def test_a_zip_code_and_a_state_that_disagree_are_asked_about() -> None:
    answer = resolve("Louisville, TN 40202")
    assert isinstance(answer, Ask)
    assert answer.question is AskWhy.WHICH_STATE
    assert [choice.place.jurisdiction for choice in answer.choices] == ["US-KY", "US-TN"]


def test_a_post_on_a_state_line_asks_which_state_unless_it_is_said() -> None:
    for written in ("42223", "Fort Campbell", "ft campbell"):
        answer = resolve(written)
        assert isinstance(answer, Ask), written
        assert [choice.place.label for choice in answer.choices] == [
            "Fort Campbell, Christian County, Kentucky",
            "Fort Campbell, Montgomery County, Tennessee",
        ]
    for written in ("Fort Campbell, TN", "Fort Campbell TN 42223"):
        found = resolve(written)
        assert isinstance(found, Found), written
        assert (found.place.county_fips, found.note) == ("47125", "military"), written


@pytest.mark.parametrize(
    "code",
    ["09012", "09999", "34001", "96201", "96602", "APO AE 09012", "FPO AP 96667", "apo", "Unit 5, DPO"],
)
def test_military_post_overseas_is_told_apart_from_an_unknown_zip_code(code: str) -> None:
    assert resolve(code) == Unknown(UnknownWhy.MILITARY_OVERSEAS)


def test_no_zip_code_of_the_table_has_an_overseas_prefix(zip_table: dict[str, list[Line]]) -> None:
    answers = [resolve(code) for code in zip_table]
    assert Unknown(UnknownWhy.MILITARY_OVERSEAS) not in answers


@pytest.mark.parametrize("code", ["00000", "99999", "00000-1234", "zip 00000"])
def test_a_zip_code_that_is_not_known_says_so(code: str) -> None:
    assert resolve(code) == Unknown(UnknownWhy.ZIP_NOT_FOUND)


def test_an_unknown_zip_code_with_a_known_city_is_the_city() -> None:
    assert place("Louisville, KY 00000").county_fips == "21111"
