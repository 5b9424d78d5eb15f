"""A program that tests programs: schemathesis reads the OpenAPI document and asks the running application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from porchlight.site import wsgi

schema = schemathesis.openapi.from_wsgi("/api/openapi.json", wsgi.application)
# Any text fits a place, and 422 is the documented answer to text that names none or several.
_checks = schema.config.checks.positive_data_acceptance
_checks.expected_statuses = [*_checks.expected_statuses, "422"]


@pytest.fixture(scope="module", autouse=True)
def _no_connections() -> Iterator[None]:
    """As Django's own test client does: a request through WSGI must not look after the connection of another test."""
    watched = (signals.request_started, signals.request_finished)
    for signal in watched:
        signal.disconnect(close_old_connections)
    yield
    for signal in watched:
        signal.connect(close_old_connections)


@schema.parametrize()
@hypothesis_settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
def test_schemathesis_finds_nothing(case: schemathesis.Case[Any]) -> None:
    # It reads what comes through WSGI as it is, and does not unpack it.
    case.call_and_validate(headers={"Accept-Encoding": "identity"})
