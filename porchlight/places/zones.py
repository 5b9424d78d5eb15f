"""Which clock a county keeps.

A zone is named by the place whose clock it shares today (Eastern is America/New_York, also in Michigan and Indiana),
so that two zones always mean two different clocks. A county that the line cuts has both.

Sources. 49 CFR Part 71 (limits of the zones), read in part in 2026-11 from stored copies: 71.5(a) and the beginning of
(b) (Michigan, northern Indiana), 71.7(a) and the beginning of (b) (North Dakota, South Dakota; ecfr.gov, 2021-09-23),
64 FR 56705 (West Wendover, Nevada), 65 FR 50154 (Wayne County, Kentucky). The rest of the list is that of statoids.com
and efele.net as kept in github.com/geanders/countytimezones, data-raw/clean_timezones_data.R @ 0956ef60; a test holds
it against the zones that GeoNames gives for the cities of each county. Gulf, Idaho, Cherry, Dunn, Malheur and Stanley
have both zones out of caution: the part of the rule that cuts them was not read. Arizona's Navajo Nation keeps daylight
saving time and the rest of the state does not: both, for the three counties that it lies in.
"""

from __future__ import annotations

_EASTERN = "America/New_York"
_CENTRAL = "America/Chicago"
_MOUNTAIN = "America/Denver"
_PACIFIC = "America/Los_Angeles"
_ALASKA = "America/Anchorage"
_ALEUTIAN = "America/Adak"
_ARIZONA = "America/Phoenix"

_STATES: dict[str, str] = {
    _EASTERN: "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC VT VA WV",
    _CENTRAL: "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    _MOUNTAIN: "CO ID MT NM UT WY",
    _PACIFIC: "CA NV OR WA",
    _ALASKA: "AK",
    _ARIZONA: "AZ",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR",
    "America/St_Thomas": "VI",
    "Pacific/Guam": "GU",
    "Pacific/Saipan": "MP",
    "Pacific/Pago_Pago": "AS",
}

# counties that keep another clock than most of their state
_OTHER: dict[tuple[str, str], str] = {
    ("FL", _CENTRAL): "Bay, Calhoun, Escambia, Holmes, Jackson, Okaloosa, Santa Rosa, Walton, Washington",
    ("ID", _PACIFIC): "Benewah, Bonner, Boundary, Clearwater, Kootenai, Latah, Lewis, Nez Perce, Shoshone",
    (
        "IN",
        _CENTRAL,
    ): "Gibson, Jasper, Lake, LaPorte, Newton, Perry, Porter, Posey, Spencer, Starke, Vanderburgh, Warrick",
    ("KS", _MOUNTAIN): "Greeley, Hamilton, Sherman, Wallace",
    ("KY", _CENTRAL): (
        "Adair, Allen, Ballard, Barren, Breckinridge, Butler, Caldwell, Calloway, Carlisle, Christian, "
        "Clinton, Crittenden, Cumberland, Daviess, Edmonson, Fulton, Graves, Grayson, Green, Hancock, Hart, "
        "Henderson, Hickman, Hopkins, Livingston, Logan, Lyon, Marshall, McCracken, McLean, Metcalfe, Monroe, "
        "Muhlenberg, Ohio, Russell, Simpson, Todd, Trigg, Union, Warren, Webster"
    ),
    ("MI", _CENTRAL): "Dickinson, Gogebic, Iron, Menominee",
    ("NE", _MOUNTAIN): (
        "Arthur, Banner, Box Butte, Chase, Cheyenne, Dawes, Deuel, Dundy, Garden, Grant, Hooker, Keith, "
        "Kimball, Morrill, Perkins, Scotts Bluff, Sheridan, Sioux"
    ),
    ("ND", _MOUNTAIN): "Adams, Billings, Bowman, Golden Valley, Grant, Hettinger, Slope, Stark",
    ("SD", _MOUNTAIN): (
        "Bennett, Butte, Corson, Custer, Dewey, Fall River, Haakon, Harding, Jackson, Lawrence, Meade, Oglala "
        "Lakota, Pennington, Perkins, Ziebach"
    ),
    ("TN", _EASTERN): (
        "Anderson, Blount, Bradley, Campbell, Carter, Claiborne, Cocke, Grainger, Greene, Hamblen, Hamilton, "
        "Hancock, Hawkins, Jefferson, Johnson, Knox, Loudon, McMinn, Meigs, Monroe, Morgan, Polk, Rhea, "
        "Roane, Scott, Sevier, Sullivan, Unicoi, Union, Washington"
    ),
    ("TX", _MOUNTAIN): "El Paso, Hudspeth",
}

# counties that the line cuts: most of the county first
_CUT: dict[tuple[str, str, str], str] = {
    ("AK", _ALASKA, _ALEUTIAN): "Aleutians West",
    ("AZ", _ARIZONA, _MOUNTAIN): "Apache, Coconino, Navajo",
    ("FL", _CENTRAL, _EASTERN): "Gulf",
    ("ID", _PACIFIC, _MOUNTAIN): "Idaho",
    ("NE", _CENTRAL, _MOUNTAIN): "Cherry",
    ("NV", _PACIFIC, _MOUNTAIN): "Elko",
    ("ND", _CENTRAL, _MOUNTAIN): "McKenzie, Sioux",
    ("ND", _MOUNTAIN, _CENTRAL): "Dunn",
    ("OR", _MOUNTAIN, _PACIFIC): "Malheur",
    ("SD", _MOUNTAIN, _CENTRAL): "Stanley",
}


def zones_of_state(state: str) -> tuple[str, ...]:
    """All zones of a state or territory ("KY"), the one of most counties first."""
    most = next(zone for zone, states in _STATES.items() if state in states.split())
    others = [zone for where, zone in _OTHER if where == state]
    others += [zone for where, *zones in _CUT if where == state for zone in zones]
    return tuple(dict.fromkeys([most, *others]))


def all_zones() -> tuple[str, ...]:
    """Every clock that some county or territory keeps: the Virgin Islands keep Puerto Rico's, Saipan Guam's."""
    return tuple(
        zone for zone in (*_STATES, _ALEUTIAN) if zone not in ("America/St_Thomas", "Pacific/Saipan")
    )


def zones_by_county() -> dict[tuple[str, str], tuple[str, ...]]:
    """(state, short county name) -> zones, for each county whose zones are not just the first of its state."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for (state, zone), counties in _OTHER.items():
        found |= {(state, county): (zone,) for county in counties.split(", ")}
    for (state, first, second), counties in _CUT.items():
        found |= {(state, county): (first, second) for county in counties.split(", ")}
    return found
