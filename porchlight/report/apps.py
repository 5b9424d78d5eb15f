"""Report It as a Django app: its pages, and the one thing it stores, that a number did not work."""

from __future__ import annotations

from django.apps import AppConfig


class ReportConfig(AppConfig):
    name = "porchlight.report"
    label = "report"
