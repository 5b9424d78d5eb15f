"""Addresses under /staff/. Each name but those of the doors is a row of `roles.TABLE`."""

from __future__ import annotations

from django.urls import path

from porchlight.alerts.staff import broadcasts, doors, home, inbox, look, people, programs

app_name = "staff"
urlpatterns = [
    path("", home.home, name="home"),
    path("look/<str:name>", look.part, name="part"),
    path("log-in/", doors.log_in, name="log_in"),
    path("log-out/", doors.log_out, name="log_out"),
    path("welcome/<str:who>/<str:token>/", doors.welcome, name="welcome"),
    path("me/", people.me, name="me"),
    path("broadcasts/", broadcasts.broadcasts, name="broadcasts"),
    path("broadcasts/new/", broadcasts.new, name="new"),
    path("broadcasts/check/", broadcasts.check, name="check"),
    path("broadcasts/<int:pk>/", broadcasts.broadcast, name="broadcast"),
    path("broadcasts/<int:pk>/edit/", broadcasts.edit, name="edit"),
    path("broadcasts/<int:pk>/delete/", broadcasts.delete, name="delete"),
    path("broadcasts/<int:pk>/copy/", broadcasts.copy, name="copy"),
    path("broadcasts/<int:pk>/test/", broadcasts.test, name="test"),
    path("broadcasts/<int:pk>/submit/", broadcasts.submit, name="submit"),
    path("broadcasts/<int:pk>/take-back/", broadcasts.take_back, name="take_back"),
    path("broadcasts/<int:pk>/approve/", broadcasts.approve, name="approve"),
    path("broadcasts/<int:pk>/pause/", broadcasts.pause, name="pause"),
    path("broadcasts/<int:pk>/resume/", broadcasts.resume, name="resume"),
    path("broadcasts/<int:pk>/cancel/", broadcasts.cancel, name="cancel"),
    path("broadcasts/<int:pk>/progress/", broadcasts.progress, name="progress"),
    path("broadcasts/<int:pk>/delivery.csv", broadcasts.delivery_csv, name="delivery_csv"),
    path("broadcasts/<int:pk>/missing-child/", broadcasts.override, name="override"),
    path("broadcasts/<int:pk>/found/", broadcasts.found, name="found"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:pk>/", inbox.text, name="text"),
    path("programs/", programs.programs, name="programs"),
    path("programs/<slug:slug>/", programs.program, name="program"),
    path("programs/<slug:slug>/review/", programs.review, name="review"),
    path("subscribers/", programs.subscribers, name="subscribers"),
    path("subscribers/revoke/", programs.revoke, name="revoke"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("record/", people.record_page, name="record"),
]
