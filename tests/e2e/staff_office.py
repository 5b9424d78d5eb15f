"""Fills a site's database with an office at work: `python -m tests.e2e.staff_office`, with the site's own settings.

Prints, as JSON, what the addresses of its pages need.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """People, subscribers, texts from some of them, and a broadcast in each state."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "porchlight.site.settings")
    import django

    django.setup()
    from django.utils import timezone

    from porchlight.alerts import expansion, inbound, programs, routes
    from porchlight.alerts.carriers import Received
    from porchlight.alerts.models import Broadcast, Delivery, Inbound
    from porchlight.alerts.staff import sending
    from porchlight.alerts.staff.roles import Role
    from tests.alerts import office

    now = timezone.now()
    ana, ben, _vera = (
        office.member(name, role, password=office.PASSWORD)
        for name, role in (("ana", Role.APPROVER), ("ben", Role.AUTHOR), ("vera", Role.VIEWER))
    )
    local = office.program()
    programs.sync()
    for nth in range(12):
        where = ("40202", "en") if nth % 3 else ("42101", "es")
        office.subscriber(local, f"+1502555{3000 + nth}", *where, now=now)
    for nth, words in enumerate(("my stepdad scares me", "please stop this", "ok thanks")):
        inbound.receive("practice", Received(f"m{nth}", f"+1502555{3000 + nth}", "+15025550100", words), now)
    made = {name: office.draft(local, ben) for name in ("draft", "waiting", "live", "done", "missing")}
    sending.ask_override(
        made["missing"].pk, ben, now, police_reference="LMPD 26-1", reason="Seen today", hours=6
    )
    sending.submit(made["waiting"].pk, ben, now, not_before=None, expires=None)
    for name in ("live", "done"):
        sending.submit(made[name].pk, ben, now, not_before=None, expires=None)
        sending.approve(made[name].pk, ana, now)
        while not expansion.step(made[name].pk, 100, [routes.Choice("practice", 1)]).finished:
            pass
        texts = Delivery.objects.filter(broadcast=made[name]).order_by("pk")
        texts.filter(pk__in=list(texts.values_list("pk", flat=True)[:4])).update(
            state=Delivery.State.DELIVERED
        )
        texts.filter(pk=texts.values_list("pk", flat=True)[4]).update(
            state=Delivery.State.FAILED, error="bad_number"
        )
    Broadcast.objects.filter(pk=made["done"].pk).update(state=Broadcast.State.DONE, finished=now)
    rows = {row.pk: inbound.words(row) for row in Inbound.objects.filter(reading=Inbound.Reading.WORDS)}
    pages = {name: each.pk for name, each in made.items()}
    pages["text"] = next(pk for pk, words in rows.items() if "stepdad" in words)
    pages["stop"] = next(pk for pk, words in rows.items() if "stop" in words)
    json.dump(pages, sys.stdout)


if __name__ == "__main__":
    main()
