"""Imported once by the server that the storm's processes are forked from, so that a new pump starts at once."""

from __future__ import annotations

import django

django.setup()

from porchlight.alerts import claims, config, pump  # noqa: E402, F401
