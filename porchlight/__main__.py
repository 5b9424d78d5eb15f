"""`python -m porchlight` is the `porchlight` command."""

from porchlight.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
