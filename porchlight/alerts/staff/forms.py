"""What the pages of staff ask, and how what was typed is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

import phonenumbers
from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from porchlight import places
from porchlight.alerts import audience, rules, segments
from porchlight.alerts.models import Program
from porchlight.alerts.staff import look
from porchlight.alerts.staff.roles import ROLE_NAMES, Role
from porchlight.places import Ask, Found, Place, resolve, zips
from porchlight.report import say
from porchlight.report.answer import line

_MOST_CHARACTERS = (
    1600  # ten segments: more than the lint lets through, and enough to see that it is too much
)


class LogIn(forms.Form):
    """A name and a password."""

    name = forms.CharField(max_length=150)
    password = forms.CharField(max_length=4096, strip=False, widget=forms.PasswordInput)


class NewPassword(forms.Form):
    """A password, twice; by the same rules as everywhere."""

    password = forms.CharField(max_length=4096, strip=False, widget=forms.PasswordInput)
    again = forms.CharField(max_length=4096, strip=False, widget=forms.PasswordInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in cleaned and "again" in cleaned:
            if cleaned["password"] != cleaned["again"]:
                raise ValidationError(_("The two passwords are not the same. Type them again."))
            try:
                validate_password(cleaned["password"], self._user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


# --- a broadcast ------------------------------------------------------------------------------------------------------

EVERYONE, STATE, COUNTIES, AROUND = "everyone", "state", "counties", "around"
AREAS = (
    (EVERYONE, _("Everyone in the program")),
    (STATE, _("A whole state")),
    (COUNTIES, _("Counties")),
    (AROUND, _("Around a place")),
)
LANGUAGES = (
    ("", _("Everyone")),
    ("en", _("Only those who read English")),
    ("es", _("Only those who read Spanish")),
)


class Draft(forms.Form):
    """What a broadcast says and who gets it. Everything but the program may be left open until it is sent."""

    program = forms.SlugField()
    text_en = forms.CharField(max_length=_MOST_CHARACTERS, required=False, widget=forms.Textarea)
    text_es = forms.CharField(max_length=_MOST_CHARACTERS, required=False, widget=forms.Textarea)
    unaccented = forms.BooleanField(required=False)
    area = forms.ChoiceField(choices=AREAS, required=False)
    state = forms.CharField(max_length=5, required=False)
    counties = forms.MultipleChoiceField(required=False)
    place = forms.CharField(max_length=places.MAX_LENGTH, required=False)
    miles = forms.IntegerField(min_value=1, max_value=audience.MOST_MILES, required=False)
    language = forms.ChoiceField(choices=LANGUAGES, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        asked = self.data.get("state") or self.initial.get("state") or settings.CONFIG.home
        self.chosen_state = asked if asked in dict(places.jurisdictions()) else settings.CONFIG.home
        self.county_choices = [
            (place.county_fips or "", place.county or "") for place in places.counties(self.chosen_state)
        ]
        cast(forms.MultipleChoiceField, self.fields["counties"]).choices = self.county_choices

    def clean_program(self) -> Program:
        slug = self.cleaned_data["program"]
        program = Program.objects.filter(slug=slug, kind=Program.Kind.ALERTS).first()
        if program is None:
            raise ValidationError(_("Choose a program."))
        return program

    def clean_state(self) -> str:
        return self.chosen_state

    def clean_text_en(self) -> str:
        return _plain_quotes(self.cleaned_data["text_en"])

    def clean_text_es(self) -> str:
        return _plain_quotes(self.cleaned_data["text_es"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        area = cleaned.get("area") or EVERYONE
        if area == COUNTIES and not cleaned.get("counties") and "counties" not in self.errors:
            self.add_error("counties", _("Choose at least one county."))
        if area == AROUND and "miles" not in self.errors:
            if not cleaned.get("miles"):
                self.add_error("miles", _("Type how many miles around it, from 1 to 100."))
            self._find_center(cleaned)
        return cleaned

    def _find_center(self, cleaned: dict[str, Any]) -> None:
        typed = cleaned.get("place", "")
        place = _one_place(typed)
        center = zips.point_of(typed) if typed.isdecimal() else (zips.middle(place) if place else None)
        if center is None or place is None:
            self.add_error("place", _("We do not know that place. Type a ZIP code, or a city and its state."))
            return
        label = f"{typed}, {place.label}" if typed.isdecimal() else place.label
        cleaned["center"] = (label, center)

    def audience(self) -> audience.Audience:
        """Who is meant by what was chosen. Only after is_valid()."""
        chosen = self.cleaned_data
        area = chosen["area"] or EVERYONE
        around = None
        if area == AROUND:
            label, center = chosen["center"]
            around = audience.Around(label, center.latitude, center.longitude, chosen["miles"])
        return audience.Audience(
            program=chosen["program"].slug,
            state=chosen["state"] if area in (STATE, COUNTIES) else None,
            counties=tuple(chosen["counties"]) if area == COUNTIES else (),
            around=around,
            language=chosen["language"] or None,
        )

    def texts(self) -> dict[str, str]:
        """The texts that were written, by language. Only after is_valid()."""
        written = {code: self.cleaned_data[f"text_{code}"] for code in ("en", "es")}
        return {code: text for code, text in written.items() if text}


def initial_of(kept: audience.Audience) -> dict[str, Any]:
    """The fields of Draft that say this audience again."""
    area = EVERYONE
    if kept.around is not None:
        area = AROUND
    elif kept.counties:
        area = COUNTIES
    elif kept.state is not None:
        area = STATE
    return {
        "program": kept.program,
        "area": area,
        "state": kept.state or settings.CONFIG.home,
        "counties": list(kept.counties),
        "place": _as_typed(kept.around.label) if kept.around else "",
        "miles": kept.around.miles if kept.around else 25,
        "language": kept.language or "",
    }


def states(language: str) -> list[tuple[str, str]]:
    """Code and name of each jurisdiction, by name."""
    named = [(code, say(line(f"name_{code}"), language)) for code, _name in places.jurisdictions()]
    return sorted(named, key=lambda each: each[1])


def _as_typed(label: str) -> str:
    """ "40202, Louisville, ..." was typed as its ZIP code."""
    return label[:5] if label[:5].isdecimal() else label


def _one_place(typed: str) -> Place | None:
    """The place that was typed; of a city in several counties, the city."""
    found = resolve(typed)
    if isinstance(found, Found):
        return found.place
    if (
        isinstance(found, Ask)
        and len({(each.place.jurisdiction, each.place.city) for each in found.choices[:-1]}) == 1
    ):
        return found.choices[0].place
    return None


def _plain_quotes(text: str) -> str:
    """As it will be sent: quotes and dashes plain, lines ended in one way, nothing empty around it."""
    return segments.fold_quotes(text.replace("\r\n", "\n")).strip()


# --- sending ----------------------------------------------------------------------------------------------------------


class Moment(forms.DateTimeField):
    """A day and a time on the office's clock, as a browser's own field sends them."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)

    def to_python(self, value: Any) -> dt.datetime | None:
        moment = super().to_python(value)
        return None if moment is None else moment.replace(tzinfo=look.zone())


class Submit(forms.Form):
    """Send now or later, and until when it is still worth sending."""

    when = forms.ChoiceField(choices=(("now", ""), ("later", "")))
    not_before = Moment(required=False)
    expires = Moment(required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, now: dt.datetime) -> None:
        super().__init__(data)
        self._now = now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        later, expires = cleaned.get("not_before"), cleaned.get("expires")
        if cleaned.get("when") == "later" and "not_before" not in self.errors:
            if later is None or later <= self._now:
                self.add_error("not_before", _("Choose a moment that is still to come."))
        else:
            cleaned["not_before"] = later = None
        if expires is not None and expires <= (later or self._now):
            self.add_error("expires", _("Choose a moment after it is sent."))
        return cleaned


class AskOverride(forms.Form):
    """A missing child: leave to send outside quiet hours."""

    police_reference = forms.CharField(max_length=100)
    reason = forms.CharField(max_length=300)
    hours = forms.IntegerField(min_value=1, max_value=int(rules.LONGEST_OVERRIDE.total_seconds() // 3600))


class Reason(forms.Form):
    """Why something is done, for the record."""

    why = forms.CharField(max_length=300)


class Reply(forms.Form):
    """An answer to someone who wrote to us."""

    text = forms.CharField(max_length=_MOST_CHARACTERS, widget=forms.Textarea)

    def clean_text(self) -> str:
        return _plain_quotes(self.cleaned_data["text"])


class Telephone(forms.Form):
    """A number that texts can reach."""

    number = forms.CharField(max_length=30)

    def clean_number(self) -> str:
        return e164(self.cleaned_data["number"])


def e164(typed: str) -> str:
    """The U.S. number that was typed, as +15025550123. Raises ValidationError."""
    problem = ValidationError(_("That is not a U.S. telephone number. Type ten digits, like 502-555-0123."))
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        raise problem from None
    if number.country_code != 1 or not phonenumbers.is_possible_number(number):
        raise problem
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# --- programs, people -------------------------------------------------------------------------------------------------


class ProgramChange(forms.Form):
    """A program's names, its keywords, and whether it takes new subscribers."""

    name_en = forms.CharField(max_length=60)
    name_es = forms.CharField(max_length=60)
    keyword_en = forms.CharField(max_length=20, required=False)
    keyword_es = forms.CharField(max_length=20, required=False)
    open = forms.BooleanField(required=False)


class NewReview(forms.Form):
    """A named professional has read a series."""

    name = forms.CharField(max_length=100)
    profession = forms.CharField(max_length=100)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    words = forms.CharField(max_length=64)  # the fingerprint of what was on the page

    def __init__(self, data: Mapping[str, Any] | None = None, *, today: dt.date | None = None) -> None:
        super().__init__(data)
        self._today = today

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if self._today is not None and day > self._today:
            raise ValidationError(_("That day is still to come."))
        return day


class NewPerson(forms.Form):
    """An account to make."""

    name = forms.RegexField(
        r"^[\w.@+-]{2,60}\Z",
        error_messages={"invalid": _("Use 2 to 60 letters, digits or . @ + - _, without spaces.")},
    )
    role = forms.ChoiceField(choices=[(role.value, name) for role, name in ROLE_NAMES.items()])

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("There is someone of this name already."))
        return name


class PersonChange(forms.Form):
    """What to do with an account."""

    do = forms.ChoiceField(choices=[(each, each) for each in ("role", "disable", "enable", "link")])
    role = forms.ChoiceField(choices=[(role.value, role.value) for role in Role], required=False)
