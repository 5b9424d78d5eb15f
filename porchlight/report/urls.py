"""Addresses of Report It. Only a jurisdiction or a county ever stands in one."""

from __future__ import annotations

from django.urls import path

from porchlight.report import embed, views

urlpatterns = [
    path("", views.home, name="home"),
    path("answer/", views.ask, name="ask"),
    path("us/", views.all_places, name="places"),
    path("us/<slug:state>/", views.place, name="place"),
    path("us/<slug:state>/how-we-know/", views.how_we_know, name="how_we_know"),
    path("us/<slug:state>/one-page/", views.one_page, name="one_page"),
    path("us/<slug:state>/call-sheet/", views.call_sheet, name="call_sheet"),
    path("us/<slug:state>/counts/", views.counts, name="counts"),
    path("us/<slug:state>/<slug:county>/", views.place, name="county"),
    path("how-we-know/", views.how_we_know_national, name="how_we_know_national"),
    path("embed/", embed.how_to, name="embed_how_to"),
    path("embed/us/<slug:state>/", embed.box, name="embed"),
    path("embed/us/<slug:state>/<slug:county>/", embed.box, name="embed_county"),
    path("number-trouble/", views.number_trouble, name="number_trouble"),
    path("privacy/", views.privacy, name="privacy"),
    path("safety/", views.safety, name="safety"),
    path("accessibility/", views.accessibility, name="accessibility"),
]
