"""The Django application of text alerts."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class AlertsConfig(AppConfig):
    """Text alerts: consent, programs, broadcasts, the outbox, carriers."""

    name = "porchlight.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Let `porchlight check` say what is wrong with the settings."""
        from porchlight.alerts import alarm

        checks.register(alarm.check)
