"""The practice phone's page and server."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from porchlight.alerts import config
from porchlight.alerts.carriers.practice import MAGIC, Habits, Phone, Telephones, Text
from porchlight.alerts.carriers.practice_http import HttpLine
from porchlight.alerts.phone import command, page
from porchlight.alerts.phone.page import Shown
from porchlight.alerts.phone.server import MESSAGES, PhoneServer
from porchlight.cli import parse

TOKEN = "t" * 40
OURS, PHONE = "+15025550100", "+15025550101"
AUTH = ("practice", TOKEN)


@pytest.fixture
def line() -> Iterator[HttpLine]:
    made = HttpLine(Telephones(Habits(delay=0)), "http://127.0.0.1:9", {OURS: "practice"}, TOKEN)
    made.telephones.add_phone(PHONE)
    yield made
    made.close()


@pytest.fixture
def telephones(line: HttpLine) -> Telephones:
    return line.telephones


@pytest.fixture
def phone(line: HttpLine) -> Iterator[httpx.Client]:
    server = PhoneServer(0, line.telephones, "http://127.0.0.1:9", TOKEN, line)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_address[1]}", trust_env=False) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()


def texts(telephones: Telephones, number: str = PHONE) -> list[str]:
    return [text.words for text in telephones.thread(number)]


# --- the page ---------------------------------------------------------------------------------------------------------


def shown(*held: Text, language: str = "en", numbers: tuple[str, ...] = (OURS,)) -> Shown:
    return Shown([Phone(PHONE, len(held), "last")], PHONE, held, numbers, "http://127.0.0.1:8000", language)


def text(words: str, *, from_site: bool = True, fate: str = "delivered", code: int | None = None) -> Text:
    return Text("SM1", 1.0, PHONE, OURS, words, from_site, fate, code)


class Outline(HTMLParser):
    """What stands in the page as elements: nothing that a person wrote may become one."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_what_a_person_wrote_never_becomes_part_of_the_page() -> None:
    evil = "</li><script>alert(1)</script><img src=x onerror=alert(1)> $title ${style} %s {0}"
    safe = Outline(page.page(shown(text("x"), text("y", from_site=False)))).tags
    assert Outline(page.page(shown(text(evil), text(evil, from_site=False)))).tags == safe
    assert "alert(1)&gt; $title ${style} %s {0}" in page.page(shown(text(evil)))
    listed = Outline(page.phones([Phone(evil, 1, evil)], PHONE, "en")).tags
    assert listed == Outline(page.phones([Phone(PHONE, 1, "x")], PHONE, "en")).tags


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_speaks_both_languages_and_every_fate_has_words(language: str) -> None:
    fates = ("queued", "sent", "delivered", "undelivered", "sending", "received", "refused")
    held = [text("x", from_site=False, fate=fate, code=30005) for fate in fates]
    html = page.page(shown(*held, language=language))
    assert f'<html lang="{language}">' in html
    assert html.count("(30005)") == len(fates)
    assert html.count("555-01") >= len(MAGIC)
    assert ("Practice phone" in html) is (language == "en")


def test_a_site_with_two_numbers_asks_which_one_to_text() -> None:
    assert "<select" not in page.page(shown())
    html = page.page(shown(numbers=(OURS, "12345")))
    assert '<option value="12345">12345</option>' in html


def test_an_answer_goes_to_the_number_that_wrote_last() -> None:
    last = text("hello")
    last.ours = "12345"
    html = page.page(shown(text("first"), last, numbers=(OURS, "12345")))
    reply = html[html.index('class="reply"') :]
    assert 'name="to" value="12345"' in reply[: reply.index("</form>")]


# --- the server -------------------------------------------------------------------------------------------------------


def test_a_person_sees_a_text_and_answers_it(phone: httpx.Client, telephones: Telephones) -> None:
    sent = phone.post(MESSAGES, data={"To": PHONE, "From": OURS, "Body": "Your code is 123456"}, auth=AUTH)
    assert sent.status_code == 201
    assert "Your code is 123456" in phone.get("/", params={"phone": PHONE}).text
    assert "Your code is 123456" in phone.get("/thread", params={"phone": PHONE}).text
    answered = phone.post("/texts", data={"phone": PHONE, "words": "one\r\ntwo", "language": "es"})
    assert answered.status_code == 303
    assert answered.headers["Location"] == "/?language=es&phone=%2B15025550101"
    assert texts(telephones) == ["Your code is 123456", "one\ntwo"]


def test_a_number_that_has_no_texts_yet_can_be_watched_and_becomes_no_phone(
    phone: httpx.Client, telephones: Telephones
) -> None:
    assert "(502) 555-0150" in phone.get("/", params={"phone": "+15025550150"}).text
    assert [each.number for each in telephones.phones()] == [PHONE]
    assert "(502) 555-0101" in phone.get("/", params={"phone": "<script>"}).text


@pytest.mark.parametrize("written", ["502-555-0104", "(502) 555 0104", "+1 502 555 0104", "15025550104"])
def test_a_text_may_come_from_any_number_however_it_is_written(
    phone: httpx.Client, telephones: Telephones, written: str
) -> None:
    phone.post("/texts", data={"phone": written, "words": "HELP"})
    assert texts(telephones, "+15025550104") == ["HELP"]
    assert phone.get("/phones").text.index("555-0104") < phone.get("/phones").text.index("555-0101")


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"phone": "911", "words": "x"}, "number"),
        ({"phone": "", "words": "x"}, "number"),
        ({"phone": "+447700900123", "words": "x"}, "number"),
        ({"phone": PHONE, "words": "x", "to": "+15025550199"}, "number"),
        ({"phone": PHONE, "words": " \r\n "}, "words"),
        ({"phone": PHONE}, "words"),
    ],
)
def test_what_cannot_be_sent_is_said(
    phone: httpx.Client, telephones: Telephones, form: dict[str, str], problem: str
) -> None:
    answer = phone.post("/texts", data=form)
    assert f"problem={problem}" in answer.headers["Location"]
    assert 'role="alert"' in phone.get(answer.headers["Location"]).text
    assert texts(telephones) == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8001", "192.0.2.1", "", "127.0.0.1.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/thread", "/practice/texts"])
def test_it_answers_to_this_machine_s_names_alone(phone: httpx.Client, host: str, path: str) -> None:
    assert phone.get(path, headers={"Host": host}).status_code == 421


def test_a_page_elsewhere_cannot_text_from_a_phone(phone: httpx.Client, telephones: Telephones) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9999"):
        form = {"phone": PHONE, "words": "x"}
        assert phone.post("/texts", data=form, headers={"Origin": origin}).status_code == 403
    assert texts(telephones) == []
    own = {"Origin": str(phone.base_url).rstrip("/")}
    assert phone.post("/texts", data={"phone": PHONE, "words": "x"}, headers=own).status_code == 303


def test_the_site_s_side_wants_the_password(phone: httpx.Client) -> None:
    for made in (
        phone.post(MESSAGES, data={"To": PHONE}),
        phone.post("/practice/habits", data={"delay": "1"}),
        phone.get("/practice/texts"),
        phone.get("/practice/texts", auth=("practice", "guessed")),
        phone.get("/practice/texts", headers={b"Authorization": b"Basic \xff"}),
    ):
        assert (made.status_code, made.json()["code"]) == (401, 20003)


def test_a_test_changes_how_the_carrier_behaves_and_reads_every_text(
    phone: httpx.Client, telephones: Telephones
) -> None:
    assert (
        phone.post("/practice/habits", data={"delay": "2.5", "per_second": "4"}, auth=AUTH).status_code == 200
    )
    assert telephones.habits == Habits(delay=2.5, per_second=4)
    for wrong in ({"delay": "soon"}, {"speed": "1"}):
        assert phone.post("/practice/habits", data=wrong, auth=AUTH).status_code == 400
    telephones.text_site(PHONE, OURS, "HELP", 1.0)
    got = phone.get("/practice/texts", auth=AUTH).json()
    assert [each["words"] for each in got[PHONE]] == ["HELP"]


def test_what_is_not_there_or_too_large_is_refused(phone: httpx.Client) -> None:
    assert phone.get("/nowhere").status_code == 404
    assert phone.post("/nowhere", data={"a": "b"}).status_code == 404
    assert phone.post("/texts", data={"words": "a" * 70_000}).status_code == 413
    assert phone.post("/texts", content=iter([b"words=x"])).status_code == 413
    assert phone.post("/texts", content=b"\xff\xff").status_code == 400
    assert phone.get("/").status_code == 200


def test_every_answer_forbids_all_but_its_own_style_and_script(phone: httpx.Client) -> None:
    answer = phone.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"\son[a-z]+=|style=|https?://(?!127\.0\.0\.1)", answer.text)


def test_it_logs_nothing(phone: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    phone.get("/", params={"phone": PHONE})
    phone.post("/texts", data={"phone": PHONE, "words": "x"})
    phone.get("/nowhere")
    assert "".join(capfd.readouterr()) == ""


def test_the_language_is_the_browser_s_unless_chosen(phone: httpx.Client) -> None:
    spanish = {"Accept-Language": "es-MX,es;q=0.9"}
    assert '<html lang="es">' in phone.get("/", headers=spanish).text
    assert '<html lang="en">' in phone.get("/?language=en", headers=spanish).text
    assert '<html lang="en">' in phone.get("/", headers={"Accept-Language": "fr"}).text


# --- the command ------------------------------------------------------------------------------------------------------


def wanted(monkeypatch: pytest.MonkeyPatch, path: Path, public_url: str = "") -> int:
    monkeypatch.setattr(config, "_this_site", lambda: config.Site(path, public_url, 8000, "k" * 50))
    monkeypatch.setattr(config, "_kept", None)
    return command.run(parse(["phone", "--wanted"]))


def test_the_phone_is_for_practice_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert wanted(monkeypatch, tmp_path) == 0
    assert wanted(monkeypatch, tmp_path, "https://help.example.org") == 1


def test_a_site_with_real_senders_has_no_phone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARRIER_TOKEN", "x")
    (tmp_path / config.FILE_NAME).write_text(
        'help_contact = "x"\ncost.ceiling = 1\n[[senders]]\nname = "a"\nnumber = "12345"\ncarrier = "http"\n'
        'kind = "short_code"\naccount = "AC1"\nauth_token_env = "CARRIER_TOKEN"\ncost = 0\n'
    )
    assert wanted(monkeypatch, tmp_path, "https://help.example.org") == 1
    assert command.run(parse(["phone"])) == 1
    assert "real senders" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, phone: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wanted(monkeypatch, tmp_path) == 0
    assert command.run(parse(["phone", "--port", str(phone.base_url.port)])) == 2
    assert "set PHONE_PORT" in capsys.readouterr().err


def test_the_password_is_not_the_site_s_key() -> None:
    key = "k" * 50
    assert key not in config.practice_token(key)
    assert config.practice_token(key) == config.practice_token(key) != config.practice_token(key + "k")
    assert base64.b64encode(key.encode()).decode() not in config.practice_token(key)
