"""Report It as a Django app: its pages, and the one thing it stores, that a number did not work."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class ReportConfig(AppConfig):
    name = "porchlight.report"
    label = "report"

    def ready(self) -> None:
        """Let `porchlight check` say which report.json is refused, why, and what to do."""
        checks.register(_check_counts)


def _check_counts(**_: object) -> list[checks.CheckMessage]:
    from porchlight.report import counted

    refused = counted.read_all(counted.counts_folder()).refused
    return [checks.Warning(str(each), hint=each.to_do, id="report.W001") for each in refused]
