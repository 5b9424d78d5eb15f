"""`porchlight count`: from agencies' lists to a report that can be published, on this machine alone."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from porchlight.count.steps import Run

EXTRA = "pip install 'porchlight[count]'"
_STEPS = {
    "run": "all steps: from the lists to the finished report",
    "load": "read the lists; say what is wrong with them, by row and column",
    "link": "find the rows that are one child",
    "tabulate": "count",
    "estimate": "estimate how many children no list has seen, where report.toml wants it",
    "protect": "hide small counts, and prove that none can be worked out",
    "publish": "write the report",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in _STEPS.items():
        if name == "estimate":
            _estimate_arguments(actions.add_parser(name, help=summary, description=_ESTIMATE))
            continue
        does = summary if name == "run" else f"{summary}; steps before it are done when they need to be"
        one = actions.add_parser(name, help=summary, description=does)
        _report_argument(one)
    one = actions.add_parser("map", help="propose a mapping file for an agency's list")
    one.add_argument("list", type=Path, metavar="LIST", help="a CSV, Excel or Parquet file")
    one.add_argument("--to", type=Path, metavar="FILE.toml", help="write it here (printed unless told)")
    one = actions.add_parser("clean", help="remove the private folder and every row in it")
    _report_argument(one)
    one = actions.add_parser("demo", help="make lists of invented children, and count them")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    one.add_argument("--agencies", type=int, default=5, help="1 to 40 (default: %(default)s)")
    one.add_argument("--children", type=int, default=2000, help="children named (default: %(default)s)")
    one.add_argument(
        "--seed", type=int, default=1, help="the same seed makes the same lists (default: %(default)s)"
    )
    one.add_argument("--hard", action="store_true", help="more twins, aliases, slips and missing birth dates")
    one.add_argument("--lists-only", action="store_true", help="make the lists; count nothing")


_ESTIMATE = (
    "estimate how many children no list has seen: by every method from the lists of report.toml, or by one method from "
    "a table of capture histories"
)


def _estimate_arguments(one: argparse.ArgumentParser) -> None:
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("report", type=Path, nargs="?", metavar="report.toml", help="names the lists")
    what.add_argument(
        "--table", type=Path, metavar="FILE", help='{"lists": [...], "counts": {"101": 3, ...}}'
    )
    one.add_argument("--name", help="which table, where FILE holds several by name")
    methods = ("stepwise", "bic", "dga", "threshold", "independence")
    one.add_argument("--method", choices=methods, help="unless told: bic for up to 5 lists, else stepwise")
    one.add_argument("--bootstrap", type=int, metavar="B", help="resampled tables (default: 1000)")
    one.add_argument("--max-order", type=int, metavar="K", help="largest interactions that bic looks at")
    one.add_argument("--seed", type=int, default=1234, help="the same seed gives the same answer")
    one.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Carry out the action: 0 done, 1 the lists or counts must change first, 2 the call or report.toml must."""
    from porchlight.count.extra import missing

    if args.action == "clean":
        # Rows must be removable on a machine that can no longer count: this needs nothing of the extra.
        return _clean(args)
    if absent := missing():
        print(
            f"`porchlight count` needs {', '.join(absent)}, which this installation lacks. {EXTRA}",
            file=sys.stderr,
        )
        return 2
    if args.action == "estimate" and args.table:
        # Apart, for it needs none of the steps, which are slow to import.
        return _estimate_table(args)
    return _told(lambda: _ACTIONS.get(args.action, _count)(args))


def _told(work: Callable[[], int]) -> int:
    """Errors that an analyst can mend are told in words; any other is ours and keeps its trace."""
    from porchlight.count import steps
    from porchlight.count.settings import SettingsError
    from porchlight.count.workspace import WorkspaceError

    try:
        return work()
    except (SettingsError, WorkspaceError, FileExistsError) as error:
        print(f"porchlight count: {error}", file=sys.stderr)
        return 2
    except steps.REFUSALS as error:
        print(f"porchlight count stops here, and nothing was published:\n{error}", file=sys.stderr)
        return 1


def _report_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", type=Path, metavar="report.toml", help="names the lists and what to count")


def _count(args: argparse.Namespace) -> int:
    from porchlight.count import settings, steps

    until = "publish" if args.action == "run" else args.action
    print(_summary(steps.run(settings.read(args.report), until=until, progress=Progress())))
    return 0


def _summary(done: Run) -> str:
    """What the analyst looks at next. It stands on the analyst's own screen, so it may hold counts of rows."""
    lines = [f"{each.name}: {each.counted} of {each.read} rows counted" for each in done.loaded.quality]
    if done.linked:
        figures = done.linked.figures
        for at, children in zip(figures.thresholds, figures.children, strict=True):
            lines.append(f"At {at:g}: {figures.rows} rows are {children} children")
        lines.append(f"{figures.doubtful} pairs are doubtful; mark those in {done.linked.doubtful}")
    if done.tabulated:
        lines.append(f"{len(done.tabulated.tables)} tables")
    for each in done.estimated.answers if done.estimated else ():
        number = f"{each.found.estimate:,.0f}" if each.found else "none"
        refused = "".join(f"; not to be told: {why.reason}" for why in each.refused)
        lines.append(f"Estimate by {each.method}: {number}{refused}")
    if done.audited:
        audit = done.audited.audit
        lines.append(
            f"{len(done.audited.hidden)} counts are hidden; {audit.attacks} attacks narrowed {len(audit.narrowed)} of "
            f"them, in {audit.seconds:.1f} s"
        )
    if done.published:
        lines += [
            f"Published: {path}" for path in done.published.files if path.suffix not in (".csv", ".svg")
        ]
        lines += [f"There is no PDF: {done.published.without_pdf}"] if done.published.without_pdf else []
    lines.append(f"Rows are held in {done.folder} and nowhere else; `porchlight count clean` removes them.")
    return "\n".join(lines)


def _map(args: argparse.Namespace) -> int:
    from porchlight.count.load.propose import propose
    from porchlight.count.workspace import write

    text = propose(args.list)
    if args.to is None:
        print(text, end="")
        return 0
    if args.to.exists():
        raise FileExistsError(f"{args.to} is already there; name another file")
    write(args.to, text.encode())
    print(f"Read every line of {args.to} before you use it.")
    return 0


def _clean(args: argparse.Namespace) -> int:
    from porchlight.count import workspace
    from porchlight.count.settings import SettingsError, private_folder

    try:
        folder = private_folder(args.report)
        removed = workspace.clean(folder)
    except (SettingsError, workspace.WorkspaceError) as error:
        print(f"porchlight count: {error}", file=sys.stderr)
        return 2
    print(f"{folder} and every row in it are removed." if removed else f"There is nothing in {folder}.")
    return 0


def _demo(args: argparse.Namespace) -> int:
    from porchlight.count import demo, settings, steps
    from porchlight.count.demo.truth import compared

    regime = demo.Regime.HARD if args.hard else demo.Regime.ORDINARY
    try:
        made = demo.make(
            args.folder, agencies=args.agencies, children=args.children, seed=args.seed, regime=regime
        )
    except ValueError as error:
        print(f"porchlight count demo: {error}", file=sys.stderr)
        return 2
    print(
        f"{made.records} rows in {args.agencies} lists name {made.children} invented children: {args.folder}"
    )
    if args.lists_only:
        return 0
    done = steps.run(settings.read(made.settings), progress=Progress())
    print(_summary(done))
    print(compared(made, done))
    return 0


def _estimate(args: argparse.Namespace) -> int:
    if args.method or args.max_order or args.name or args.json or args.bootstrap is not None:
        print(
            "porchlight count estimate: --method, --bootstrap, --max-order, --name and --json go with --table; "
            "with report.toml every method is used, and [estimate] in it says the rest",
            file=sys.stderr,
        )
        return 2
    return _count(args)


def _estimate_table(args: argparse.Namespace) -> int:
    from porchlight.count.estimate.told import failed, told, words

    draws = 1000 if args.bootstrap is None else args.bootstrap
    try:
        found = told(args.table, args.method, draws, args.max_order, args.seed, args.name)
    except OSError as error:
        print(f"porchlight count estimate: {args.table}: {error.strerror}", file=sys.stderr)
        return 2
    print(json.dumps(found, indent=1, ensure_ascii=False) if args.json else words(found))
    return 1 if failed(found) else 0


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "map": _map,
    "demo": _demo,
    "estimate": _estimate,
}


class Progress:
    """Where the work stands, on standard error: one bar on a terminal, a line for each step elsewhere."""

    _WIDTH = 24

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._line = ""

    def __call__(self, what: str, done: int, of: int) -> None:
        """`done` of `of` parts are finished; `what` is at work now."""
        if sys.stderr.isatty():
            filled = self._WIDTH * done // max(1, of)
            bar = "█" * filled + "░" * (self._WIDTH - filled)
            text = f"{bar} {time.monotonic() - self._began:5.0f} s  {what}"
            print(
                "\r" + text.ljust(len(self._line)),
                end="\n" if done == of else "",
                file=sys.stderr,
                flush=True,
            )
            self._line = "" if done == of else text
        else:
            print(
                f"{time.monotonic() - self._began:6.1f} s  {done}/{of}  {what}", file=sys.stderr, flush=True
            )
