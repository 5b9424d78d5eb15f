"""One of every kind of page, and how a browser comes to it: by its address, or by sending a form."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Visit:
    """A page by its path without language; `form` is what is sent to it, None where it is only opened.

    `by_hand`: it is typed into the page's own form, at a person's pace, and the page that comes then is meant.
    """

    name: str
    path: str
    form: tuple[tuple[str, str], ...] | None = None
    by_hand: bool = False

    def __str__(self) -> str:
        return self.name


def _asked(name: str, **form: str) -> Visit:
    return Visit(name, "answer/", tuple(form.items()))


# What someone types to sign up; the number is one of those that nobody has.
_SIGN_UP = (
    ("number", "502-555-0161"),
    ("zip", "40202"),
    ("age", "34"),
    ("program", "local"),
    ("agree", "yes"),
)
_PACE = 2_100  # milliseconds: whoever sends that form faster is taken for a machine

EVERY_PAGE = (
    Visit("home", ""),
    Visit("places", "us/"),
    Visit("place", "us/ky/"),
    Visit("place by region", "us/nv/"),
    Visit("place without a line", "us/as/"),
    Visit("county", "us/ca/alameda/"),
    Visit("one page", "us/tx/one-page/"),
    Visit("one page for other work", "us/ky/one-page/", (("role", "clergy"),)),
    Visit("call sheet", "us/ky/call-sheet/"),
    Visit("how we know", "us/as/how-we-know/"),
    Visit("counts", "us/ky/counts/"),
    Visit("privacy", "privacy/"),
    Visit("safety", "safety/"),
    Visit("accessibility", "accessibility/"),
    Visit("no such page", "nowhere/"),
    _asked("answer", place="40202", concern="sex_trafficking", role="school"),
    _asked("answer in danger", here="us/oh", concern="danger_now"),
    _asked("answer without a place", concern="missing_or_runaway"),
    _asked("about me", concern="about_me"),
    _asked("about me, near", concern="about_me", place="40202"),
    _asked("about me, place not known", concern="about_me", place="qwxz"),
    _asked("struggling", here="us/ky", concern="struggling", role="parent"),
    _asked("which one", place="Springfield", concern="online"),
    _asked("place not known", place="qwxz"),
    Visit("text alerts", "alerts/"),
    Visit("text alerts, nothing filled in", "alerts/", ()),
    Visit("text alerts, too young", "alerts/", (("age", "12"), ("zip", "40202"))),
    Visit("text alerts, the code", "alerts/", _SIGN_UP, by_hand=True),
    Visit("end my texts", "alerts/leave/"),
    Visit("number trouble", "number-trouble/", (("here", "us/ky"), ("contact", "us-ky-intake"))),
)

_SEND = """([path, fields]) => {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = path;
  for (const [name, value] of fields) {
    const input = document.createElement('input');
    input.type = 'hidden'; input.name = name; input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}"""


def go(page: Page, visit: Visit, language: str = "en") -> None:
    """Bring a page with scripts to the visit, in the language."""
    prefix = "/" if language == "en" else f"/{language}/"
    if visit.form is None:
        page.goto(prefix + visit.path)
        return
    if visit.by_hand:
        _type(page, prefix + visit.path, visit.form)
        return
    page.goto(prefix)
    with page.expect_navigation():
        page.evaluate(_SEND, [prefix + visit.path, visit.form])


def _type(page: Page, path: str, fields: tuple[tuple[str, str], ...]) -> None:
    page.goto(path)
    form = page.locator("main form.door")
    for name, value in fields:
        field = form.locator(f"[name='{name}']")
        if (box := field.and_(page.locator(f"[type=checkbox][value='{value}']"))).count():
            box.check()
        else:
            field.fill(value)
    page.wait_for_timeout(_PACE)
    with page.expect_navigation():
        form.locator("button").click()
