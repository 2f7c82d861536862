"""The recipes: every profile of the page is a good one, and does what its heading says."""

import inspect
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import httpx
import pytest
import yaml

from billing_dev.tree import ROOT
from payment_service.profile.document import LoadedProfile, Profile
from payment_service.profile.latencies import LognormalLatency
from support.cases import cases
from support.payment import modern_client
from support.payment.service import TOKEN, Answer, Caller, a_charge, a_request, a_service

PAGE = ROOT / "docs/how-to/make-payment-fail.md"
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(heading: str, *languages: str) -> list[tuple[str, str]]:
    """The snippets below a heading, each with its language."""
    (section,) = re.findall(rf"(?ms)^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE.read_text())
    return [block for block in _BLOCK.findall(section) if block[0] in languages]


def all_profiles() -> list[tuple[str, str]]:
    """Each with the heading that it stands below."""
    headings = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
    return [(heading, text) for heading in headings for _, text in blocks(heading, "json")]


def of_stacks() -> list[Any]:
    """What the page has stacks say of the same profiles, in the same order."""
    page = PAGE.read_text()
    pasted = re.findall(r"(?s)<<'END'\n(.*?)END\n|^```yaml\n(.*?)```", page, re.MULTILINE)
    return [yaml.safe_load(one or other)["spec"]["payment"] for one, other in pasted]


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=heading) for heading, text in all_profiles()]
)
def test_every_profile_of_the_page_is_a_good_one(text: str) -> None:
    LoadedProfile.from_file_content(text.encode(), toml=False)


def test_each_recipe_is_there_for_a_stack_and_for_a_file_and_both_say_the_same() -> None:
    assert [json.loads(text) for _, text in all_profiles()] == of_stacks()


class Kitchen:
    """A service that does as a recipe says."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def charge(self, headers: str = "", **changes: object) -> Answer | None:
        """The answer to a charge; None if the connection ended without one."""
        with Caller(self.port) as caller:
            caller.send(a_request(a_charge(**changes), headers=headers))
            try:
                return caller.answer()
            except (AssertionError, ConnectionError):
                return None

    def result(self, **changes: object) -> object:
        answer = self.charge("", **changes)
        assert answer is not None
        assert answer.status == 200
        return answer.json["result"]

    def outcomes(self) -> list[str]:
        """What became of each call, by the log."""
        lines = map(json.loads, self._log.read_text().splitlines())
        return [line["outcome"] for line in lines if line["event"] == "charge"]


@contextmanager
def cooking(
    folder: Path, heading: str, which: int = 0, text: str | None = None
) -> Iterator[Kitchen]:
    _, found = blocks(heading, "json")[which]
    file = folder / "profile.json"
    file.write_text(found if text is None else text)
    with a_service(folder, profile_file=file) as service:
        yield Kitchen(service.charges.number, folder / "log")


def profile_of(heading: str, which: int = 0) -> Profile:
    _, text = blocks(heading, "json")[which]
    return Profile.from_json(text.encode())


def test_customer_2_always_fails(tmp_path: Path) -> None:
    with cooking(tmp_path, "Customer 2 always fails") as kitchen:
        assert [kitchen.result(customer_id=each, value=9) for each in (1, 2, 3)] == [
            *("true", "false", "true")
        ]
        declined = kitchen.charge("Prefer: return=representation\r\n", customer_id=2)
        assert declined is not None
        assert declined.headers["decline-reason"] == declined.json["reason"] == "FraudSuspected"


def test_amounts_above_400_are_declined(tmp_path: Path) -> None:
    with cooking(tmp_path, "Insufficient funds for amounts above 400") as kitchen:
        assert [kitchen.result(value=each) for each in (399.99, 400, 400.01, 500)] == [
            *("true", "true", "false", "false")
        ]


def test_the_whole_profile_declines_customer_2_and_lets_the_third_of_the_others_time_out(
    tmp_path: Path,
) -> None:
    with cooking(tmp_path, "A whole profile to copy") as kitchen:
        found = [kitchen.result(customer_id=each, value=9) for each in (1, 2, 3)]
        assert found == ["true", "false", "true"]
        with Caller(kitchen.port, timeout=0.5) as caller:
            caller.send(a_request(a_charge(customer_id=4)))
            with pytest.raises(TimeoutError):
                caller.socket.recv(1)
        assert kitchen.outcomes() == ["accepted", "declined", "accepted", "accepted"]


def test_during_the_outage_of_the_whole_profile_nothing_counts_for_the_third_charge(
    tmp_path: Path,
) -> None:
    heading = "A whole profile to copy"
    ((_, text),) = blocks(heading, "json")
    text = text.replace("2030-01-01T12:00:00Z", "2020-01-01T00:00:00Z")
    with cooking(tmp_path, heading, text=text) as kitchen:
        answers = [kitchen.charge(customer_id=each) for each in (1, 2, 3, 4)]
        assert [each.status for each in answers if each] == [503] * 4


def test_all_charges_are_stopped(tmp_path: Path) -> None:
    with cooking(tmp_path, "Stop all charges") as kitchen:
        assert {kitchen.result(value=number) for number in range(1, 21)} == {"false"}


def test_two_attempts_fail_and_the_third_works(tmp_path: Path) -> None:
    with cooking(tmp_path, "Two failures, then it works") as kitchen:
        results = [kitchen.result(customer_id=each) for each in (1, 2, 1, 2, 1, 2)]
        assert results == ["false"] * 4 + ["true"] * 2


def test_the_third_charge_times_out_though_it_is_charged(tmp_path: Path) -> None:
    with cooking(tmp_path, "The third charge times out") as kitchen:
        kitchen.result(value=1)
        kitchen.result(value=2)
        with Caller(kitchen.port, timeout=0.5) as caller:
            caller.send(a_request(a_charge(value=3)))
            with pytest.raises(TimeoutError):
                caller.socket.recv(1)
        kitchen.result(value=4)
        assert kitchen.outcomes() == ["accepted"] * 4


@pytest.mark.parametrize(
    ("minutes", "status"),
    cases("a minute that begins in {0} min is answered {1}", [(0, 503), (-5, 200), (5, 200)]),
)
def test_everything_fails_for_a_minute(tmp_path: Path, minutes: int, status: int) -> None:
    heading = "Everything fails for a minute"
    ((_, text),) = blocks(heading, "json")
    begin = datetime.now(UTC) + timedelta(minutes=minutes, seconds=-30)
    for written, meant in (("12:00:00", begin), ("12:01:00", begin + timedelta(minutes=1))):
        text = text.replace(f"2030-01-01T{written}Z", f"{meant:%Y-%m-%dT%H:%M:%SZ}")
    with cooking(tmp_path, heading, text=text) as kitchen:
        answer = kitchen.charge()
        assert answer is not None
        assert answer.status == status
        assert answer.headers.get("retry-after") == ("30" if status == 503 else None)


def test_a_tenth_of_the_replies_is_lost_and_all_is_charged(tmp_path: Path) -> None:
    with cooking(tmp_path, "The reply is lost, though it was charged") as kitchen:
        answers = [kitchen.charge(value=number) for number in range(1, 101)]
        assert 3 <= answers.count(None) <= 20
        assert kitchen.outcomes() == ["accepted"] * 100


def test_calls_over_the_limit_are_told_to_come_again(tmp_path: Path) -> None:
    with cooking(tmp_path, "429 with Retry-After") as kitchen:
        answers = [kitchen.charge(value=number) for number in range(1, 11)]
        refused = [each for each in answers if each and each.status == 429]
        assert refused
        assert {each.headers["retry-after"] for each in refused} == {"2"}
        assert kitchen.outcomes().count("refused") == len(refused)


def test_some_calls_are_told_to_come_again_whatever_the_load(tmp_path: Path) -> None:
    with cooking(tmp_path, "429 with Retry-After", which=1) as kitchen:
        answers = [kitchen.charge(value=number) for number in range(1, 101)]
        assert {each.status for each in answers if each} == {200, 429}
        assert {each.headers.get("retry-after") for each in answers if each} == {None, "2"}


def test_a_slow_provider_is_as_slow_as_the_page_says() -> None:
    latency = profile_of("A slow provider").latency
    assert latency is not None
    assert latency.cap_seconds == 10
    assert latency.lognormal == LognormalLatency(median_seconds=0.4, sigma=0.8)
    longer_than_2 = 1 - NormalDist(math.log(0.4), 0.8).cdf(math.log(2))
    assert round(1 / longer_than_2) == 45


def test_the_outcomes_are_those_that_the_page_computes(tmp_path: Path) -> None:
    heading = "The same outcomes in each run"
    ((_, program),) = blocks(heading, "python")
    with cooking(tmp_path, heading) as kitchen:
        for customer in range(1, 21):
            known: dict[str, Any] = {}
            exec(program.replace("customer_id=1", f"customer_id={customer}"), known)  # noqa: S102 - the page's own
            answer = kitchen.result(customer_id=customer, value=181.5)
            assert answer == ("true" if known["accepted"] else "false")


def test_the_client_of_the_page_is_the_one_that_is_tested() -> None:
    ((_, program),) = blocks("Retry safely", "python")

    assert program == inspect.getsource(modern_client.charge)
    statuses = re.search(r"`AGAIN` is ([\d, and]+)\.", PAGE.read_text())
    assert statuses is not None
    assert {int(code) for code in re.findall(r"\d+", statuses[1])} == modern_client.AGAIN


def test_a_charge_alike_gets_the_first_ones_answer_and_does_not_count(tmp_path: Path) -> None:
    with cooking(tmp_path, "Find and prevent double charges") as kitchen:
        first = [kitchen.result(value=number) for number in range(1, 21)]
        again = [kitchen.result(value=number) for number in range(1, 21)]
        assert first == again
        assert {"true", "false"} == set(first)
        assert kitchen.outcomes()[20:] == ["replayed"] * 20


def test_the_page_has_a_list_of_all_its_recipes() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
    listed = re.findall(r"^- \[(.+)\]\(#", PAGE.read_text(), re.MULTILINE)

    assert listed == headings


def test_the_faults_of_the_retry_recipe_are_met_by_its_client(tmp_path: Path) -> None:
    with cooking(tmp_path, "Retry safely") as kitchen:
        url = f"http://127.0.0.1:{kitchen.port}"
        with httpx.Client(base_url=url, headers={"X-Token": TOKEN}) as client:
            for number in range(1, 31):
                body = {"customer_id": 1, "currency": "USD", "value": number}
                assert modern_client.charge(client, f"key-{number}", body).status_code == 200
        counted = [each for each in kitchen.outcomes() if each in ("accepted", "declined")]
        assert len(counted) == 30
