"""The page on the control port, in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from billing_dev.eventually import eventually
from integration.payment_service.browser import SHOWN, Page, a_browser
from payment_service.service import Service
from support.cases import cases
from support.payment.control import CONTROL_TOKEN, OUTAGE, Control, a_controlled_service
from support.payment.service import Caller, a_charge, a_request

pytestmark = pytest.mark.thorough

MARKUP = "<img src=x onerror=document.title='broken'>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with a_browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Service, Control]]:
    with a_controlled_service(tmp_path) as running:
        yield running


@pytest.fixture
def page(browser: Chrome, service: tuple[Service, Control]) -> Iterator[Page]:
    opened = Page(browser, service[1].port)
    yield opened
    assert opened.complaints() == []
    browser.get("about:blank")


def charge(service: Service, **members: object) -> None:
    with Caller(service.charges.number) as caller:
        caller.ask(a_request(a_charge(**members)))


def test_without_the_right_token_it_shows_nothing_and_says_so(page: Page) -> None:
    page.open("wrong")

    page.shows("said", "missing or wrong")
    assert page.at("door").is_displayed()
    assert not page.at("fault-form").is_displayed()
    assert page.browser.switch_to.active_element.get_attribute("id") == "token"


def test_it_shows_charges_totals_and_the_profile_as_they_come(
    page: Page, service: tuple[Service, Control]
) -> None:
    running, control = service
    page.open(CONTROL_TOKEN)
    page.shows("profile", '"successRate": 1')
    page.shows("duplicates", "No charge has counted yet.")

    for _ in range(2):
        charge(running, value=0.1)
    page.shows("totals", "1 USD 0.2 (2) 0 (0)")
    page.shows("calls", "accepted", "200")
    page.shows("duplicates", "1 charge came after one alike")
    assert len(page.browser.find_elements(By.CSS_SELECTOR, "#calls tr.duplicate")) == 1
    charge(running, value=0.1)
    page.shows("duplicates", "2 charges came after one alike")

    control.ask("PUT", "/v1/profile", {"successRate": 0.25})
    page.shows("profile", '"successRate": 0.25')
    page.shows("source", "control API")


def test_a_fault_is_set_and_dropped_by_keyboard_alone(
    page: Page, service: tuple[Service, Control]
) -> None:
    control = service[1]
    page.open(CONTROL_TOKEN)
    eventually(
        lambda: page.browser.switch_to.active_element.get_attribute("id"),
        lambda focus: focus == "fault-name",
        within=SHOWN,
    )
    # name, kind (the next one: 502), customer, rate, seconds, charged
    keys = (Keys.TAB, "502", Keys.TAB, "2", Keys.TAB, Keys.TAB, Keys.TAB, Keys.SPACE, Keys.TAB)
    for key in (*keys, Keys.ENTER):
        page.browser.switch_to.active_element.send_keys(key)

    page.shows("faults", "outage: status 502, customer 2, charged all the same", "until")
    page.shows("said", "The fault outage is set.")
    (fault,) = control.get("/v1/faults")["faults"]
    assert fault["entry"]["match"] == {"customers": [2]}
    assert fault["entry"]["fault"] == {"charged": True, "status": {"code": 502}}

    page.browser.switch_to.active_element.send_keys(Keys.TAB)
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)

    page.shows("said", "The fault outage is dropped.")
    assert control.get("/v1/faults")["faults"] == []
    assert page.at("faults").text == ""


def test_what_is_in_the_hand_stays_while_it_looks_again(
    page: Page, service: tuple[Service, Control]
) -> None:
    service[1].ask("PUT", "/v1/faults/busy", {**OUTAGE, "rate": 0.25, "seconds": 600})
    page.open(CONTROL_TOKEN)
    page.shows("faults", "busy: status 503, 25 %")
    drop = page.at("faults").find_element(By.TAG_NAME, "button")
    assert drop.accessible_name == "Drop busy"
    page.browser.execute_script("arguments[0].focus()", drop)

    looks = page.looks()
    eventually(page.looks, lambda now: now >= looks + 2, within=SHOWN)

    assert page.browser.switch_to.active_element == drop


def test_a_token_that_is_not_taken_any_more_closes_the_page(page: Page) -> None:
    page.open(CONTROL_TOKEN)
    page.shows("profile", "successRate")

    page.browser.execute_script("sessionStorage.setItem(sessionStorage.key(0), 'an-earlier-one')")

    eventually(page.at("door").is_displayed, within=SHOWN)
    assert not page.at("profile").is_displayed()
    assert page.browser.execute_script("return sessionStorage.length") == 0


def test_every_kind_of_fault_that_it_offers_can_be_set(
    page: Page, service: tuple[Service, Control]
) -> None:
    page.open(CONTROL_TOKEN)
    eventually(page.at("fault-form").is_displayed, within=SHOWN)
    page.at("fault-rate").clear()
    page.at("fault-rate").send_keys("50")
    kinds = Select(page.at("fault-kind"))
    for option in [each.get_attribute("value") for each in kinds.options]:
        name = page.at("fault-name")
        name.clear()
        name.send_keys(f"kind-{option}".lower())
        kinds.select_by_value(str(option))
        page.at("fault-form").submit()
        page.shows("said", f"The fault {f'kind-{option}'.lower()} is set.")

    faults = service[1].get("/v1/faults")["faults"]
    assert len(faults) == len(kinds.options) > 10
    assert {fault["entry"]["rate"] for fault in faults} == {0.5}


def test_what_a_caller_sent_is_shown_as_text(page: Page, service: tuple[Service, Control]) -> None:
    charge(service[0], currency=MARKUP)
    page.open(CONTROL_TOKEN)

    page.shows("calls", MARKUP)
    page.shows("totals", MARKUP)
    assert page.browser.title == "payment-service"
    assert page.browser.find_elements(By.TAG_NAME, "img") == []


def test_the_token_is_kept_for_this_tab_alone_and_can_be_forgotten(page: Page) -> None:
    page.open(CONTROL_TOKEN)
    page.shows("profile", "successRate")
    kept = (
        "return JSON.stringify([Object.values(sessionStorage), {...localStorage}, document.cookie])"
    )
    assert json.loads(page.browser.execute_script(kept)) == [[CONTROL_TOKEN], {}, ""]
    assert page.at("token").get_property("value") == ""

    page.browser.refresh()
    page.shows("profile", "successRate")
    page.at("forget").click()

    assert page.at("door").is_displayed()
    assert json.loads(page.browser.execute_script(kept)) == [[], {}, ""]


def test_everything_that_can_be_changed_has_a_label_and_changes_are_announced(page: Page) -> None:
    for field in page.browser.find_elements(By.CSS_SELECTOR, "input, select"):
        label = page.browser.find_element(
            By.CSS_SELECTOR, f"label[for={field.get_attribute('id')}]"
        )
        assert label.get_attribute("textContent")
    assert page.at("said").get_attribute("aria-live") == "polite"
    assert page.browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


@pytest.mark.parametrize("theme", cases("the theme is {0}", ["light", "dark"]))
def test_text_stands_out_from_its_ground(page: Page, theme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.open(CONTROL_TOKEN)
    eventually(page.at("fault-form").is_displayed, within=SHOWN)

    for place in ("profile-title", "source", "forget", "fault-name"):
        text, ground = colours(page, place)
        assert contrast(text, ground) >= 4.5, (theme, place)
    dark = luminance(colours(page, "profile-title")[1]) < 0.5
    assert dark == (theme == "dark")


@pytest.mark.parametrize("width", cases("the window is {0} px wide", [1280, 1100, 900]))
def test_the_totals_of_large_amounts_are_seen_whole(
    page: Page, service: tuple[Service, Control], width: int
) -> None:
    page.browser.set_window_size(width, 1000)
    for customer in (1, 2):
        for value in (123456.78, 9876543.21):
            charge(service[0], customer_id=customer, value=value)
    service[1].ask("PUT", "/v1/profile", {"successRate": 0})
    for value in (123456.78, 9876543.21):
        charge(service[0], value=value)
    page.open(CONTROL_TOKEN)
    page.shows("totals", "9999999.99 (2)")

    clipped = "return arguments[0].scrollWidth > arguments[0].clientWidth"
    table = page.at("totals").find_element(By.XPATH, "ancestor::div")
    assert page.browser.execute_script(clipped, table) is False
    page.browser.set_window_size(1280, 1000)


def test_a_call_that_got_no_answer_shows_no_status(
    page: Page, service: tuple[Service, Control]
) -> None:
    rule = {"name": "lost", "fault": {"charged": True, "connection": {"reply": "Empty"}}}
    service[1].ask("PUT", "/v1/profile", {"successRate": 1, "rules": [rule]})
    with Caller(service[0].charges.number) as caller:
        caller.send(a_request())
        assert caller.closed()
    page.open(CONTROL_TOKEN)

    page.shows("calls", "accepted lost no answer")


def test_on_a_small_screen_nothing_is_wider_than_it(page: Page) -> None:
    page.browser.set_window_size(500, 900)
    page.open(CONTROL_TOKEN)
    page.shows("profile", "successRate")

    wider = "return document.documentElement.scrollWidth > window.innerWidth"
    assert page.browser.execute_script(wider) is False
    page.browser.set_window_size(1280, 1000)


def colours(page: Page, place: str) -> list[list[float]]:
    """The colours of an element's text and of what is behind it."""
    colours_of: list[list[float]] = page.browser.execute_script(
        """
        const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
        let behind = arguments[0];
        while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) {
          behind = behind.parentElement;
        }
        return [getComputedStyle(arguments[0]).color, getComputedStyle(behind).backgroundColor]
          .map(numbers);
        """,
        page.at(place),
    )
    return colours_of


def luminance(colour: list[float]) -> float:
    """As WCAG has it."""
    parts = [part / 255 for part in colour[:3]]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
