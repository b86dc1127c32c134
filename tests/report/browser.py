"""The system's Chromium, driven by Playwright; nothing is downloaded."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason='no Chromium is installed')

DESKTOP, PHONE = dict(width=1280, height=900), dict(width=390, height=844)


@dataclass
class Heard:
    """What a page said and asked for."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def chromium():
    """A browser; its pages are opened with :func:`opened`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # Root, as in containers, has no sandbox.
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser, path, **context):
    """The page of a file, which must be silent and ask for no other file.

    Args:
        browser: The browser.
        path: The file.
        context: Arguments of Playwright's ``new_context``; ``viewport`` is a desktop's by default.
    """
    heard = Heard()
    around = browser.new_context(**{'viewport': DESKTOP, **context})
    try:
        page = around.new_page()
        page.set_default_timeout(10_000)
        page.on('console', lambda message: heard.console.append(message.text))
        page.on('pageerror', lambda error: heard.console.append(str(error)))
        page.on('request', lambda request: heard.requests.append(request.url))
        page.goto(path.as_uri())
        yield page
        # What was asked for late is heard, too.
        page.wait_for_load_state('networkidle')
    finally:
        around.close()
    assert heard.console == []
    assert {url.partition('#')[0] for url in heard.requests} == {path.as_uri()}


def unfold(page):
    """Opens all folded parts."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
