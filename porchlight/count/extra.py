"""What `porchlight[count]` brings that porchlight alone does not."""

from __future__ import annotations

from importlib.util import find_spec

_PARTS = {
    "splink": "splink",
    "duckdb": "duckdb",
    "pyarrow": "pyarrow",
    "scipy": "scipy",
    "numpy": "numpy",
    "openpyxl": "openpyxl",
    "python_calamine": "python-calamine",
    "charset_normalizer": "charset-normalizer",
    "jinja2": "jinja2",
    "nicknames": "nicknames",
    "weasyprint": "weasyprint",
}


def missing() -> list[str]:
    """The packages that are not installed, by the name that pip knows."""
    return [package for module, package in _PARTS.items() if not _there(module)]


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False
