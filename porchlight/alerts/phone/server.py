"""The practice carrier's web server: the interface that the site sends to, and the page with the telephones.

It listens on this machine alone, logs nothing, and answers only to its own names: no web page elsewhere can reach in.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import phonenumbers

from porchlight.alerts.carriers.http import API_VERSION
from porchlight.alerts.carriers.practice import Habits, Telephones
from porchlight.alerts.carriers.practice_http import ACCOUNT, HttpLine, is_site
from porchlight.alerts.config import LOOPBACK
from porchlight.alerts.phone import page
from porchlight.report.say import LANGUAGES

MESSAGES = f"/{API_VERSION}/Accounts/{ACCOUNT}/Messages.json"
_MOST_BYTES = 64 * 1024


class PhoneServer(ThreadingHTTPServer):
    """The server of the telephones' page, and of the practice carrier by HTTP where there is one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, telephones: Telephones, site: str, token: str, http: HttpLine | None = None
    ) -> None:
        """`site` is where the page leads; `token` is the password of the site and of tests."""
        super().__init__(("127.0.0.1", port), _Handler)
        self.telephones = telephones
        self.site = site
        self.token = token
        self.http = http


class _Handler(BaseHTTPRequestHandler):
    server: PhoneServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body leave in two writes

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: an address holds a number."""

    def do_GET(self) -> None:
        self._route(
            {
                "/": self._page,
                "/thread": self._thread,
                "/phones": self._phones,
                "/practice/texts": self._texts,
            }
        )

    def do_POST(self) -> None:
        self._route({MESSAGES: self._message, "/texts": self._text, "/practice/habits": self._behave})

    def _route(self, pages: Mapping[str, Callable[[], None]]) -> None:
        show = pages.get(urlsplit(self.path).path)
        # A page elsewhere may point a name of its own at this machine; by that name we are not here.
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in LOOPBACK:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        elif show is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            show()

    # --- the site's side ---

    def _message(self) -> None:
        if self.server.http is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        form = self._form()
        if form is None:
            return
        if not self._is_site():
            self._json(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return
        reply = self.server.http.submit(form, time.time())
        if reply.cut:
            self.close_connection = True
            return
        self._json(reply.status, reply.body, reply.headers)

    def _is_site(self) -> bool:
        return is_site(self.headers.get("Authorization", ""), self.server.token)

    def _behave(self) -> None:
        form = self._form()
        if form is None:
            return
        if not self._is_site():
            self._json(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return
        now = asdict(self.server.telephones.habits)
        try:
            wanted = msgspec.convert({**now, **form}, Habits, strict=False)
        except msgspec.ValidationError as error:
            self._json(400, {"message": str(error)})
            return
        if not form.keys() <= now.keys():
            self._json(400, {"message": f"set any of: {', '.join(now)}"})
            return
        self.server.telephones.behave(wanted)
        self._json(200, asdict(wanted))

    def _texts(self) -> None:
        """Every text, for tests: what a person could read on the page."""
        telephones = self.server.telephones
        if not self._is_site():
            self._json(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return
        self._json(
            200,
            {
                each.number: [asdict(t) for t in telephones.thread(each.number)]
                for each in telephones.phones()
            },
        )

    # --- a person's side ---

    def _page(self) -> None:
        self._send(HTTPStatus.OK, page.page(self._shown()))

    def _thread(self) -> None:
        shown = self._shown()
        self._send(HTTPStatus.OK, page.thread(shown.texts, shown.language))

    def _phones(self) -> None:
        shown = self._shown()
        self._send(HTTPStatus.OK, page.phones(shown.phones, shown.chosen, shown.language))

    def _shown(self) -> page.Shown:
        telephones = self.server.telephones
        asked = dict(parse_qsl(urlsplit(self.path).query))
        phones = telephones.phones()
        # A number without texts may be looked at too: the first one is on its way to it.
        chosen = _e164(asked.get("phone", "")) or phones[0].number
        return page.Shown(
            phones=phones,
            chosen=chosen,
            texts=telephones.thread(chosen),
            site_numbers=telephones.site_numbers,
            site=self.server.site,
            language=self._language(asked.get("language", "")),
            problem=asked.get("problem", ""),
        )

    def _language(self, asked: str) -> str:
        if asked in LANGUAGES:
            return asked
        accepted = self.headers.get("Accept-Language", "")[:2].lower()
        return accepted if accepted in LANGUAGES else "en"

    def _text(self) -> None:
        form = self._form()
        if form is None:
            return
        if self._is_foreign():
            self._send(HTTPStatus.FORBIDDEN, "")
            return
        telephones = self.server.telephones
        ours = form.get("to") or telephones.site_numbers[0]
        number, words = _e164(form.get("phone", "")), form.get("words", "")
        back = {"language": self._language(form.get("language", ""))}
        if number is None or ours not in telephones.site_numbers:
            self._see(back | {"problem": "number"})
        elif not words.strip():
            self._see(back | {"phone": number, "problem": "words"})
        else:
            # A browser sends line ends as CR LF; a telephone does not.
            telephones.text_site(number, ours, words.replace("\r\n", "\n"), time.time())
            self._see(back | {"phone": number})

    def _is_foreign(self) -> bool:
        origin = self.headers.get("Origin")
        return origin is not None and urlsplit(origin).netloc != self.headers.get("Host")

    # --- answers ---

    def _form(self) -> dict[str, str] | None:
        """The form that came; None when it is refused already."""
        stated = self.headers.get("Content-Length", "")
        if not stated.isdecimal() or int(stated) > _MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        try:
            return dict(parse_qsl(self.rfile.read(int(stated)).decode(), keep_blank_values=True))
        except ValueError:
            self._send(HTTPStatus.BAD_REQUEST, "")
            return None

    def _refuse(self, status: HTTPStatus) -> None:
        """Refuse without reading what was sent, so that the connection cannot go on."""
        self.close_connection = True
        self._send(status, "", {"Connection": "close"})

    def _see(self, query: Mapping[str, str]) -> None:
        self._send(HTTPStatus.SEE_OTHER, "", {"Location": f"/?{urlencode(query)}"})

    def _json(
        self, status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> None:
        kind = {"Content-Type": "application/json"}
        self._send(status, json.dumps(body), {**kind, **(headers or {})})

    def _send(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        given = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": page.CONTENT_SECURITY_POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
            "Content-Length": str(len(body)),
        }
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _e164(written: str) -> str | None:
    try:
        number = phonenumbers.parse(written, "US")
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != 1 or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
