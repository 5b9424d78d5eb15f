"""Addresses inside an offline copy, for templates: where the site has a form, a copy has these links."""

from __future__ import annotations

from django import template
from django.urls import reverse

from porchlight.report import offline
from porchlight.report.answer import Concern, Role

register = template.Library()


@register.filter
def copied(slug: str | None, concern: str) -> str:
    """The page for a worry in a place: `{{ page.slug|copied:concern }}`; a slug of nothing is no place."""
    return reverse("home") + offline.address(slug or None, Concern(concern))


@register.filter
def copied_for(slug: str | None, role: str) -> str:
    """The page for a youth or a parent who is worried about a child: `{{ page.slug|copied_for:"youth" }}`."""
    return reverse("home") + offline.address(slug or None, Concern.abuse_neglect, Role(role))


@register.filter
def copied_work(state: str, role: str) -> str:
    """The one page for this work: `{{ state|copied_work:role }}`."""
    return reverse("home") + offline.work_address(state, Role(role))


@register.simple_tag
def county_numbers(copy: offline.CopyRequest, state: str | None) -> tuple[offline.CountyNumber, ...]:
    """The counties of "nc" with their numbers, where the county decides whom to call; else none."""
    return offline.county_numbers(f"US-{state.upper()}", copy.day) if state else ()
