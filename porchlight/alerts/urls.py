"""Addresses of the sign-up pages. No number, ZIP code or choice ever stands in one."""

from __future__ import annotations

from django.urls import path

from porchlight.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.join, name="join"),
    path("code/", views.code, name="code"),
    path("leave/", views.leave, name="leave"),
]
