"""Small lists for the tests: one agency, a few invented rows, and the files that describe them."""

from __future__ import annotations

from pathlib import Path

REPORT = """
[report]
title = "A trial"
jurisdiction = "US-KY"
period = "2025"
begins = 2025-01-01
ends = 2025-12-31
"""
AGREEMENT = """agreement = "MOU 12"
purpose = "the annual report"
purge = 2099-12-31
"""
MAPPING = """
dates = "mdy"
[columns]
report_id = "Report"
agency_child_id = "Child"
first_name = "First"
last_name = "Last"
birth_date = "DOB"
sex = "Sex"
report_date = "Received"
[values.sex]
F = "female"
M = "male"
"""
HEADINGS = "Report,Child,First,Last,DOB,Sex,Received"
ROW = "R1,C1,Ana,Lopez,03/25/2011,F,05/01/2025"


def section(name: str, file: str, mapping: str = "mapping.toml", more: str = "") -> str:
    """One [[lists]] section of report.toml."""
    return f'\n[[lists]]\nid = "{name}"\nname = "{name}"\nfile = "{file}"\nmapping = "{mapping}"\n{AGREEMENT}{more}'


def write_report(folder: Path, text: str, *, mapping: str = MAPPING, more: str = "") -> Path:
    """report.toml with one list, `cps`, that holds `text` as CSV."""
    (folder / "cps.csv").write_text(text, "utf-8")
    (folder / "mapping.toml").write_text(mapping, "utf-8")
    path = folder / "report.toml"
    path.write_text(REPORT + section("cps", "cps.csv", more=more), "utf-8")
    return path
