"""A browser of the tests' own: Debian's chromium, without a window."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from billing_dev.cluster.debian_program import CHROMEDRIVER
from billing_dev.eventually import eventually

SHOWN = 5.0  # within which a page shows what it was told to
_FLAGS = (
    "--headless=new",
    # In a container it may have neither user namespaces nor a large /dev/shm; it only sees ours.
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"),
    *("--no-first-run", "--disable-background-networking", "--window-size=1280,1000"),
)


@contextmanager
def a_browser(profile: Path) -> Iterator[Chrome]:
    """A browser that keeps what it has in a folder."""
    *environment, driver = CHROMEDRIVER.command()
    options = ChromeOptions()
    # Beside a driver that was fetched; else the machine has both where they belong.
    fetched = Path(driver).parents[1] / "lib/chromium/chromium"
    if fetched.exists():
        options.binary_location = str(fetched)
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    variables = dict(word.split("=", 1) for word in environment[1:])
    browser = Chrome(options, ChromeService(driver, env={**os.environ, **variables}))
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """The page as a person sees it."""

    def __init__(self, browser: Chrome, port: int) -> None:
        self.browser = browser
        browser.get(f"http://127.0.0.1:{port}/")

    def at(self, place: str) -> WebElement:
        """The element with an id."""
        return self.browser.find_element(By.ID, place)

    def shows(self, place: str, *texts: str) -> str:
        """Waits until an element shows all these texts."""
        return eventually(
            lambda: self.at(place).text,
            lambda text_there: all(text in text_there for text in texts),
            within=SHOWN,
        )

    def open(self, token: str) -> None:
        """Types the token and a line break."""
        self.at("token").send_keys(token, "\n")

    def looks(self) -> int:
        """How often it has asked for the newest calls since it was loaded."""
        names_of_all = "performance.getEntriesByType('resource').map((each) => each.name)"
        names: list[str] = self.browser.execute_script(f"return {names_of_all}")
        return sum("/v1/journal" in name for name in names)

    def complaints(self) -> list[str]:
        """What the browser's console has, but for refused calls, which it always notes."""
        entries = self.browser.get_log("browser")
        return [line["message"] for line in entries if line["source"] != "network"]
