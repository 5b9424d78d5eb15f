"""What is wrong with a list, so that an analyst can find it: list, row, column, reason. Never a child's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 25


@dataclass(frozen=True, order=True)
class Problem:
    """`row` counts as a spreadsheet does (row 1 has the headings); None: the whole file. `column`: ours."""

    list: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        where = [self.list, f"row {self.row}" if self.row else "", self.column or ""]
        return f"{', '.join(part for part in where if part)}: {self.reason}"


class LoadError(Exception):
    """Lists cannot be used as they are; `problems` has every one of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            shown.append(f"and {len(problems) - _SHOWN} more")
        super().__init__("\n".join(shown))
