"""Addresses of the JSON porch. The page that explains them exists in each language; they themselves only once."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from porchlight.report import api

urlpatterns = [
    path("api/openapi.json", api.description, name="api_description"),
    path("api/v1/answer", api.answer, name="api_answer"),
    path("api/v1/jurisdictions", api.jurisdictions, name="api_jurisdictions"),
    path("api/v1/jurisdictions/<str:code>", api.jurisdiction, name="api_jurisdiction"),
    *i18n_patterns(path("api/", api.page, name="api"), prefix_default_language=False),
    path("api/<path:rest>", api.nothing, name="api_nothing"),
]
