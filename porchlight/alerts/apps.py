"""The Django application of text alerts."""

from __future__ import annotations

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Text alerts: consent, programs, broadcasts, the outbox, carriers."""

    name = "porchlight.alerts"
    label = "alerts"
