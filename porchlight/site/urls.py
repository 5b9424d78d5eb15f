"""Every address of the site. Addresses for people exist once in each language; the others only once."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from porchlight.report import api_urls
from porchlight.site import views

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("readyz", views.ready, name="ready"),
    path("icon.svg", views.icon, name="icon"),
    path("robots.txt", views.robots, name="robots"),
    *api_urls.urlpatterns,
    path("staff/", include("porchlight.alerts.staff.urls")),
    path("alerts/carrier/", include("porchlight.alerts.carriers.urls")),
    *i18n_patterns(
        path("alerts/", include("porchlight.alerts.urls")),
        path("", include("porchlight.report.urls")),
        prefix_default_language=False,
    ),
]

handler400 = "porchlight.site.errors.bad_request"
handler403 = "porchlight.site.errors.forbidden"
handler404 = "porchlight.site.errors.not_found"
handler500 = "porchlight.site.errors.server_error"
