"""`porchlight count map`: a first mapping file for an agency's list, from its headings and the words in its cells.

Everything in it is a proposal: a person who knows the list reads it, corrects it and removes the questions.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from porchlight.count.codes import code_of
from porchlight.count.fields import BY_NAME, FIELDS, Kind
from porchlight.count.load.dates import read_date
from porchlight.count.load.mapping import MISSING, Layout
from porchlight.count.load.problem import LoadError, Problem
from porchlight.count.load.reading import CSV, EXCEL, likely_encoding, read_table, text_of


def propose(path: Path) -> str:
    """The proposed mapping file as TOML text. Raises LoadError for a file that cannot be opened at all.

    No name, date or number of a child is copied into it: of the cells, only words of columns with codes.
    """
    if not path.is_file():
        raise LoadError([Problem(path.name, None, None, "there is no such file")])
    form, layout = _form(path)
    table = read_table(path.name, path, layout)
    headings = [name for name in table.column_names if name]
    columns = _columns(headings)
    texts = {name: _words(table.column(heading).to_pylist()) for name, heading in columns.items()}
    lines = [
        f"# A proposal for {path.name}, from its headings and words. Read every line; those with ? need an answer.",
        *form,
        _order({**texts}),
        f"unknown = {_list(_unknown(texts))}",
        "",
        "[columns]",
        *(f"{name} = {_quoted(heading)}" for name, heading in columns.items()),
        *(f"# ? not used: {_quoted(heading)}" for heading in headings if heading not in columns.values()),
        *(f"# ? {each.name} is needed: {each.about}" for each in FIELDS if _needed(each.name, columns)),
    ]
    for name in columns:
        lines += _values(name, texts[name])
    return "\n".join(lines) + "\n"


# What headings are called, tried in this order against whole headings of letters and single blanks.
_HEADINGS: Mapping[str, str] = {
    "agency_child_id": r"(child|client|person|victim|youth|subject|guest|participant)( (id|no|number|num))?|chid",
    "report_id": r"(report|referral|incident|intake|call|rpt)( ?(id|no|number|num))?",
    "case_id": r"case( (id|no|number|num))?",
    "full_name": r"(child s |client |victim |full )?name",
    "first_name": r"((child s|client|victim) )?(first|given|fname|first name|given name|firstname)( name)?",
    "middle_name": r"(middle|mname|mi)( name| initial)?",
    "last_name": r"((child s|client|victim) )?(last|family|surname|lname|lastname)( name)?",
    "aliases": r"alias(es)?|aka|also known as|nicknames?|other names?|street names?",
    "birth_date": r"dob|born|birth ?(date|day)|date of birth|chbdate|d o b",
    "age_months": r"age (in )?months|months of age|age months",
    "age_years": r"age|age (in )?years|chage|age at (report|intake|referral)",
    "sex": r"sex|gender|girl or boy|chsex",
    "race_ethnicity": r"race|ethnicity|race( or| and)? ethnicity|race ethnicity",
    "county_fips": r"county( (code|fips|name|of residence))?|fips( code)?|chcnty|rptcnty",
    "zip": r"zip( ?code)?|postal code",
    "report_date": r"(report|referral|intake|received|opened|call|incident|rpt) ?(date|day)"
    r"|date (received|reported|opened)"
    r"|date of (report|call|referral|intake)|day of call|opened|received|rptdt",
    "reporter_type": r"reporter( type)?|source( of report)?|report source|referred by|caller|rptsrc",
    "investigated": r"investigated|investigation|accepted for investigation",
    "determination": r"finding|determination|disposition|outcome|trafficking ?status|rptdisp",
    "determined_date": r"(finding|determination|disposition) date|date of (finding|determination|disposition)|rptdisdt",
    "served": r"served|services( provided)?|received services",
    "exploitation": r"exploitation|type ?of ?(trafficking|exploitation)|trafficking type|what kind|offense",
    "relationship": r"relationship( to (child|trafficker|perpetrator|offender))?|perpetrator( is)?|alleged offender",
    "placement": r"placement|living arrangement|lives with|residence type",
}
_FEW = 40  # a column of codes has few different words


def _form(path: Path) -> tuple[list[str], Layout]:
    """The lines about the file's own form, and a layout that reads it without columns."""
    if path.suffix.lower() in CSV:
        encoding = likely_encoding(path.read_bytes()) or "cp1252"
        delimiter = _delimiter(text_of(path.name, path, encoding))
        lines = [f"encoding = {_quoted(encoding)}", f"delimiter = {_quoted(delimiter)}"]
        return lines, Layout(columns={}, encoding=encoding, delimiter=delimiter)
    if path.suffix.lower() in EXCEL:
        import python_calamine as calamine

        try:
            sheets = calamine.CalamineWorkbook.from_path(path).sheet_names
        except (calamine.CalamineError, OSError):
            sheets = []
        question = "  # ? " + ", ".join(sheets) if len(sheets) > 1 else ""
        lines = [f"sheet = {_quoted(sheets[0])}{question}"] if sheets else []
        return lines, Layout(columns={}, sheet=sheets[0] if sheets else None)
    return [], Layout(columns={})


def _delimiter(text: str) -> str:
    try:
        return csv.Sniffer().sniff("\n".join(text.splitlines()[:20]), ",;\t|").delimiter
    except csv.Error:
        first = next(csv.reader(io.StringIO(text)), [""])
        return max(",;\t|", key=",".join(first).count)


def _columns(headings: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, pattern in _HEADINGS.items():
        for heading in headings:
            plain = re.sub(r"[\W_]+", " ", heading).strip().lower()
            if heading not in found.values() and re.fullmatch(pattern, plain):
                found[name] = heading
                break
    return found


def _needed(name: str, columns: Mapping[str, str]) -> bool:
    field = BY_NAME[name]
    return field.required and field.from_agency and name not in columns


def _words(cells: Sequence[str | None]) -> list[str]:
    return [cell.strip() for cell in cells if cell is not None and cell.strip() not in MISSING]


def _order(texts: Mapping[str, Sequence[str]]) -> str:
    """The order that reads the most dates without changing day and month about."""
    dates = [text for name, words in texts.items() if "date" in name for text in words]
    numbers = [text for text in dates if re.match(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d", text)]
    if not numbers:
        return 'dates = "ymd"'
    score = Counter({order: sum(_sure(text, order) for text in numbers) for order in ("mdy", "dmy")})
    best = "mdy" if score["mdy"] >= score["dmy"] else "dmy"
    tied = score["mdy"] == score["dmy"]
    return f'dates = "{best}"' + (
        "  # ? no date tells whether the month or the day comes first" if tied else ""
    )


def _sure(text: str, order: str) -> bool:
    read = read_date(text, order, 2100)
    return read is not None and read.quality == "day"


def _unknown(texts: Mapping[str, Sequence[str]]) -> list[str]:
    found = {"Unknown"}
    for name, words in texts.items():
        if name in BY_NAME and BY_NAME[name].kind is Kind.CODE:
            found |= {word for word in set(words) if code_of(name, word) == "unknown"}
    return sorted(found)


def _values(name: str, words: Sequence[str]) -> list[str]:
    if name not in BY_NAME or BY_NAME[name].kind is not Kind.CODE:
        return []
    different = [word for word, _ in Counter(words).most_common()]
    lines = ["", f"[values.{name}]"]
    if len(different) > _FEW:
        return [*lines, f"# ? {len(different)} different words: is this the right column?"]
    for word in sorted(different):
        code = code_of(name, word)
        if code is None:
            lines.append(f"# ? {_quoted(word)} = one of {', '.join(BY_NAME[name].codes)}")
        elif code != "unknown":
            lines.append(f"{_quoted(word)} = {_quoted(code)}")
    return lines


def _list(words: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(word) for word in words) + "]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
