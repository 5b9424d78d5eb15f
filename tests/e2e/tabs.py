"""One tab of each browser that Debian has, all driven the same way: Chromium, Firefox ESR, and WebKitGTK.

Firefox is driven by Mozilla's own marionette_driver and WebKitGTK by Selenium: Debian has no geckodriver.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, Page

from tests.site import canary

_PATIENCE = 60  # seconds
_SETTLED = "return document.readyState === 'complete' ? location.href : ''"


class Tab(Protocol):
    """What the tests of leaving do in a browser."""

    def open(self, address: str) -> None:
        """Go to an address as if it were typed."""

    def run(self, script: str) -> Any:
        """What the body of a function returns in the page."""

    def click(self, selector: str) -> None:
        """Click, and wait for the page that follows."""

    def press(self, *keys: str) -> None:
        """Press keys one after the other: "Shift", or one character."""

    def back(self) -> None:
        """One step back in the history, as the Back button takes it."""


def settle(tab: Tab, at: str = "") -> tuple[str, str]:
    """Wait until a tab stays where it is for half a second; its address, and all words of its page.

    `at`: the address where it comes to rest. To name it is to wait for a busy server, which half a second is not.
    """
    was, since, until = "", time.monotonic(), time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        here = _quietly(lambda: str(tab.run(_SETTLED)))
        if not here or here != was or (at and here != at):
            was, since = here, time.monotonic()
        elif time.monotonic() - since > 0.5:
            return here, str(tab.run("return document.documentElement.innerText"))
        time.sleep(0.05)
    raise AssertionError(f"the page does not come to rest at {at or 'any address'}: {was!r}")


def _quietly(ask: Callable[[], str]) -> str:
    """Between two pages there is nobody to answer: that is no failure, only not yet settled."""
    try:
        return ask()
    except Exception:
        return ""


class Chromium:
    """A tab of the browser that the other tests use."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address)

    def run(self, script: str) -> Any:
        return self.page.evaluate(f"() => {{ {script} }}")

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def back(self) -> None:
        # Playwright's own step back waits for a page that may be replaced on the way; the history does not.
        self.page.evaluate("() => { setTimeout(() => history.back(), 0) }")
        time.sleep(0.3)


class Firefox:
    """The only tab of a Firefox."""

    def __init__(self, marionette: Any) -> None:
        self._marionette = marionette

    def open(self, address: str) -> None:
        self._marionette.navigate(address)

    def run(self, script: str) -> Any:
        return self._marionette.execute_script(script)

    def click(self, selector: str) -> None:
        self._marionette.find_element("css selector", selector).click()

    def press(self, *keys: str) -> None:
        from marionette_driver.keys import Keys

        chain = self._marionette.actions.sequence("key", "keyboard")
        for key in keys:
            code = Keys.SHIFT if key == "Shift" else key
            chain.key_down(code).key_up(code)
        chain.perform()

    def back(self) -> None:
        _step_back(self)


class WebKit:
    """The only tab of WebKitGTK's MiniBrowser."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def open(self, address: str) -> None:
        self._driver.get(address)

    def run(self, script: str) -> Any:
        return self._driver.execute_script(script)

    def click(self, selector: str) -> None:
        self._driver.find_element("css selector", selector).click()

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains, Keys

        chain = ActionChains(self._driver)
        for key in keys:
            code = Keys.SHIFT if key == "Shift" else key
            chain = chain.key_down(code).key_up(code)
        chain.perform()

    def back(self) -> None:
        _step_back(self)


def _step_back(tab: Tab) -> None:
    tab.run("setTimeout(() => history.back(), 0)")
    time.sleep(0.3)


@contextmanager
def chromium(browser: Browser) -> Iterator[Tab]:
    """A new tab of `browser` with a history of its own."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        yield Chromium(context.new_page())
    finally:
        context.close()


@contextmanager
def firefox() -> Iterator[Tab]:
    """A Firefox of our own, without a window, with a new profile."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "no Firefox: install firefox-esr (./test does, on Debian as root)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mozilla's driver asks the system's name in an old way
        from marionette_driver.marionette import Marionette

        marionette = Marionette(bin=program, headless=True, port=canary.free_port())
        marionette.start_session()
    try:
        yield Firefox(marionette)
    finally:
        marionette.quit()
        marionette.cleanup()


@contextmanager
def webkit(folder: Path) -> Iterator[Tab]:
    """WebKitGTK's MiniBrowser, in a window on a screen that nobody sees."""
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service
    from selenium.webdriver.webkitgtk.webdriver import WebDriver

    driver_program = shutil.which("WebKitWebDriver")
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    assert driver_program, "no WebKitGTK: install webkit2gtk-driver and xvfb (./test does, on Debian as root)"
    assert found, "no MiniBrowser: install webkit2gtk-driver (./test does, on Debian as root)"
    with _screen(folder) as display:
        options = Options()
        options.binary_location = str(found[-1])
        options.add_argument("--automation")
        environment = os.environ | {"DISPLAY": display, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Selenium warns of its own older ways
            driver = WebDriver(options=options, service=Service(driver_program, env=environment))
        try:
            yield WebKit(driver)
        finally:
            driver.quit()


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """An X server that draws into memory; it picks a free display and says which."""
    program = shutil.which("Xvfb")
    assert program, "no Xvfb: install xvfb (./test does, on Debian as root)"
    read, write = os.pipe()
    with (folder / "screen.log").open("wb") as log:
        server = subprocess.Popen(
            [program, "-displayfd", str(write), "-screen", "0", "800x900x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=log,
            stderr=log,
        )
    os.close(write)
    try:
        with os.fdopen(read) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait(timeout=20)
