"""What people call places besides their names: written by hand, each group with its source.

Keys are in the spelling of `spelling.key` (a test holds that), so are the words that a nickname stands for.
"""

from __future__ import annotations

# Spanish names of the states: Fundéu RAE, "Estados Unidos: nombres de los estados"
# (fundeu.es/recomendacion/estados-unidos-nombres-de-los-estados-toponimos), and es.wikipedia.org, "Estado de los
# Estados Unidos". The two letters are those of the Postal Service; the rest are usual abbreviations and slips.
JURISDICTION_WORDS: dict[str, str] = {
    "US-AL": "al, alabama, ala",
    "US-AK": "ak, alaska",
    "US-AS": "as, american samoa, samoa americana, am samoa, amerika samoa, tutuila",
    "US-AZ": "az, arizona, ariz",
    "US-AR": "ar, arkansas, ark",
    "US-CA": "ca, california, calif, cali",
    "US-CO": "co, colorado, colo",
    "US-CT": "ct, connecticut, conn",
    "US-DE": "de, delaware, del",
    "US-DC": "dc, district of columbia, distrito de columbia, washington dc, washington d c, d c, d of c",
    "US-FL": "fl, florida, fla",
    "US-GA": "ga, georgia",
    "US-GU": "gu, guam, guahan",
    "US-HI": "hi, hawaii, hawai",
    "US-ID": "id, idaho",
    "US-IL": "il, illinois, ill",
    "US-IN": "in, indiana, ind",
    "US-IA": "ia, iowa",
    "US-KS": "ks, kansas, kans",
    "US-KY": "ky, kentucky, kentuky",
    "US-LA": "louisiana, luisiana, la",
    "US-ME": "me, maine",
    "US-MD": "md, maryland",
    "US-MA": "ma, massachusetts, mass, masachusets",
    "US-MI": "mi, michigan, mich",
    "US-MN": "mn, minnesota, minn, minesota",
    "US-MS": "ms, mississippi, misisipi, miss",
    "US-MO": "mo, missouri, misuri",
    "US-MT": "mt, montana, mont",
    "US-NE": "ne, nebraska, nebr, neb",
    "US-NV": "nv, nevada, nev",
    "US-NH": "nh, new hampshire, nuevo hampshire, nueva hampshire, n h",
    "US-NJ": "nj, new jersey, nueva jersey, n j",
    "US-NM": "nm, new mexico, nuevo mexico, n mex, nuevo mejico, n m",
    "US-NY": "ny, new york, nueva york, n y",
    "US-NC": "nc, north carolina, carolina del norte, n c",
    "US-ND": "nd, north dakota, dakota del norte, n dak, n d",
    "US-MP": (
        "mp, northern mariana islands, cnmi, northern marianas, islas marianas del norte, marianas del norte, "
        "commonwealth of northern mariana islands, commonwealth of the northern mariana islands, nmi"
    ),
    "US-OH": "oh, ohio",
    "US-OK": "ok, oklahoma, okla",
    "US-OR": "or, oregon, oreg, ore",
    "US-PA": "pa, pennsylvania, pensilvania, penn, penna",
    "US-PR": "pr, puerto rico, porto rico, borinquen, p r, estado libre asociado de puerto rico",
    "US-RI": "ri, rhode island, r i",
    "US-SC": "sc, south carolina, carolina del sur, s c",
    "US-SD": "sd, south dakota, dakota del sur, s dak, s d",
    "US-TN": "tn, tennessee, tenn, tenesi",
    "US-TX": "tx, texas, tejas, tex",
    "US-VI": (
        "vi, us virgin islands, virgin islands, usvi, u s virgin islands, united states virgin islands, v i, "
        "islas virgenes, islas virgenes de ee uu, islas virgenes de estados unidos, islas virgenes estadounidenses, "
        "islas virgenes americanas"
    ),
    "US-UT": "ut, utah",
    "US-VT": "vt, vermont",
    "US-VA": "va, virginia",
    "US-WA": "wa, washington, wash",
    "US-WV": "wv, west virginia, virginia occidental, w va, virginia del oeste, w v",
    "US-WI": "wi, wisconsin, wis, wisc",
    "US-WY": "wy, wyoming, wyo",
}

# Nicknames and Spanish names of cities. The first group stands among GeoNames' alternate names of just that
# city (a test holds that).
NICKNAMES_IN_GEONAMES: dict[str, str] = {
    "abq": "albuquerque nm",
    "atl": "atlanta ga",
    "big apple": "new york city ny",
    "filadelfia": "philadelphia pa",
    "jax": "jacksonville fl",
    "motown": "detroit mi",
    "nola": "new orleans la",
    "nueva orleans": "new orleans la",
    "nyc": "new york city ny",
    "okc": "oklahoma city ok",
    "pdx": "portland or",
    "philly": "philadelphia pa",
    "phx": "phoenix az",
    "sf": "san francisco ca",
    "slc": "salt lake city ut",
    "stl": "st louis mo",
    "vegas": "las vegas nv",
}
# These only turn words around or drop one.
NICKNAMES: dict[str, str] = NICKNAMES_IN_GEONAMES | {
    "kc": "kansas city",
    "kcmo": "kansas city mo",
    "kck": "kansas city ks",
    "new york city": "new york city ny",
    "nueva york city": "new york city ny",
    "ciudad de nueva york": "new york city ny",
    "san fran": "san francisco ca",
    "washington state": "wa",
    "estado de washington": "wa",
}

# Words that mean places in several states, likeliest first; each is a name that resolves by itself.
MEANS_SEVERAL: dict[str, tuple[str, ...]] = {
    "la": ("louisiana", "los angeles ca"),
    "washington": ("wa", "washington dc"),
    "samoa": ("american samoa", "samoa ca"),
}

# Places abroad whose name ends with a state's.
ABROAD: frozenset[str] = frozenset({"baja california", "la baja california"})

# New York City is five counties (GeoNames has the city and its five boroughs; the ZIP table names Kings,
# Queens, Bronx, Richmond and New York for them), while "New York, NY" as a postal city is Manhattan alone.
# (name, state) -> counties.
COUNTIES_OF_CITY: dict[tuple[str, str], tuple[str, ...]] = {
    ("New York", "NY"): ("36061", "36047", "36081", "36005", "36085"),
    ("New York City", "NY"): ("36061", "36047", "36081", "36005", "36085"),
    ("Manhattan", "NY"): ("36061",),
    ("Queens", "NY"): ("36081",),
}

# Posts whose name changed in 2023 and was given back in 2025 (The Christian Science Monitor, 2025-06-11;
# Military Living, 2023-10-27): each name finds the other's place. (state, name in the ZIP
# table, the other name)
RENAMED_POSTS: tuple[tuple[str, str, str], ...] = (
    ("AL", "Fort Novosel", "Fort Rucker"),
    ("GA", "Fort Moore", "Fort Benning"),
    ("LA", "Fort Johnson", "Fort Polk"),
    ("NC", "Fort Liberty", "Fort Bragg"),
    ("TX", "Fort Cavazos", "Fort Hood"),
    ("VA", "Fort Gregg Adams", "Fort Lee"),
)

# Posts that reach into a second state: beside the state that the ZIP table names. (name, state, counties)
# Fort Benning: "Chattahoochee County, Georgia & Russell County, Alabama" (reference.com; fortwiki.com;
# Wikipedia's Fort Moore). Fort Campbell: ZIP 42223 itself lies in Christian County, Kentucky, and
# Montgomery County, Tennessee.
POSTS_ACROSS_A_LINE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Fort Benning", "AL", ("01113",)),
    ("Fort Moore", "AL", ("01113",)),
    ("Fort Campbell", "TN", ("47125",)),
)

# Army posts by the name of their postal city (Christian Science Monitor and Military Living as above;
# part-time-commander.com, "Top 10 Army Bases"; veteransaidgrants.org). Air bases and Navy places say it in
# their name and are found by the builder.
ARMY_POSTS: frozenset[tuple[str, str]] = frozenset(
    {
        ("Fort Bliss", "TX"),
        ("Fort Campbell", "KY"),
        ("Fort Cavazos", "TX"),
        ("Fort Gregg Adams", "VA"),
        ("Fort Johnson", "LA"),
        ("Fort Knox", "KY"),
        ("Fort Liberty", "NC"),
        ("Fort Moore", "GA"),
        ("Fort Novosel", "AL"),
        ("Fort Stewart", "GA"),
    }
)

# The Navajo Nation "spans parts of Arizona, Utah, and New Mexico": which county is not said. (name, states)
TRIBAL_LANDS: tuple[tuple[str, tuple[str, ...]], ...] = (("Navajo Nation", ("AZ", "NM", "UT")),)

# Names of county equivalents that the data of 2020 does not have. Connecticut's nine planning regions
# replaced its counties for the Census (87 FR 34235, 2022) and cut across them: only the state is known.
# Alaska's Valdez-Cordova was parted in 2019 into Chugach and Copper River (countryjournal2020.com quotes
# the state's Bureau of Vital Statistics). (name, state, counties)
OTHER_COUNTIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Capitol Planning Region", "CT", ()),
    ("Greater Bridgeport Planning Region", "CT", ()),
    ("Lower Connecticut River Valley Planning Region", "CT", ()),
    ("Naugatuck Valley Planning Region", "CT", ()),
    ("Northeastern Connecticut Planning Region", "CT", ()),
    ("Northwest Hills Planning Region", "CT", ()),
    ("South Central Connecticut Planning Region", "CT", ()),
    ("Southeastern Connecticut Planning Region", "CT", ()),
    ("Western Connecticut Planning Region", "CT", ()),
    ("Valdez-Cordova Census Area", "AK", ("02063", "02066")),
)

# ZIP codes of military and diplomatic post overseas (APO, FPO, DPO): 090-099 AE, 340 AA, 962-966 AP. USPS
# Publication 28, 225.1; the prefixes are those of the 823 military ZIP codes in the Python package zipcodes 3.0.0.
OVERSEAS_PREFIXES: frozenset[str] = frozenset(
    {f"09{digit}" for digit in range(10)} | {"340"} | {f"96{digit}" for digit in range(2, 7)}
)
OVERSEAS_WORDS: frozenset[str] = frozenset({"apo", "fpo", "dpo"})
