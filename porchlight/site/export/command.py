"""`porchlight export DIR`: the site as plain files."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory",
        type=Path,
        metavar="DIR",
        help="a new or empty folder, or one that an earlier export made",
    )


def run(args: argparse.Namespace) -> int:
    """Write the copy; 0 is done, 2 is not done, with nothing changed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    import django

    django.setup()
    from porchlight.site.export import ExportError, export

    try:
        made = export(args.directory, dt.datetime.now(dt.UTC).date(), _progress)
    except ExportError as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return 2
    print(f"{args.directory}: {made.files:,} files, {made.size / 1_000_000:.1f} MB, version {made.version}.")
    print(
        f"Open {args.directory / 'index.html'}, or copy the whole folder to any host. Made on {made.day}: make it"
    )
    print("again when numbers are corrected, because a copy cannot correct itself.")
    return 0


def _progress(files: int) -> None:
    """One line that counts, for a person who watches; nothing in a file or a pipe."""
    if files % 100 == 0 and sys.stderr.isatty():
        print(f"\r{files:,} files", end="\r", file=sys.stderr, flush=True)
