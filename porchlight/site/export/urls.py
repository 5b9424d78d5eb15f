"""Every address of a copy: the site's pages, the answers that have a number here, and "keep this on my device"."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from porchlight.site.export import views
from porchlight.site.urls import urlpatterns as site

urlpatterns = [
    path("keep.js", views.keep_script, name="keep_script"),
    *i18n_patterns(
        path("keep/", views.keep, name="keep"),
        path("us/<int:number>/", views.asked),
        path("us/<slug:state>/<int:number>/", views.asked),
        path("us/<slug:state>/one-page/<int:number>/", views.work),
        prefix_default_language=False,
    ),
    *site,
]
