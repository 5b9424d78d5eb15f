"""Addresses that carriers call; one of each kind for each sender of alerts.toml."""

from __future__ import annotations

from django.urls import path

from porchlight.alerts.carriers import webhooks

app_name = "carrier"
urlpatterns = [
    path("<slug:sender_name>/inbound", webhooks.inbound_text, name="inbound"),
    path("<slug:sender_name>/status", webhooks.status, name="status"),
]
