"""One of every kind of page, and how a browser comes to it: by its address, or by sending a form."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Visit:
    """A page by its path without language; `form` is what is sent to it, None where it is only opened."""

    name: str
    path: str
    form: tuple[tuple[str, str], ...] | None = None

    def __str__(self) -> str:
        return self.name


def _asked(name: str, **form: str) -> Visit:
    return Visit(name, "answer/", tuple(form.items()))


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
    page.goto(prefix)
    with page.expect_navigation():
        page.evaluate(_SEND, [prefix + visit.path, visit.form])
