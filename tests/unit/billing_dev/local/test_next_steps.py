import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from billing_dev.local.next_steps import Started, next_steps
from billing_dev.local.places import Places
from billing_dev.tree import ROOT

PLACES = Places(ROOT / ".local", payment=9500, ops=9501, antaeus=8500)
LEFT = datetime(2026, 3, 4, 15, 6)  # noqa: DTZ001 - the clock of a wall


def said(
    *paid: int,
    kept_since: datetime | None = None,
    control: int | None = None,
    env: Mapping[str, str] = MappingProxyType({}),
) -> str:
    places = Places(PLACES.folder, PLACES.payment, PLACES.ops, PLACES.antaeus, control)
    return next_steps(places, env, Started(1.25, paid, kept_since))


def test_a_shell_can_read_every_command() -> None:
    commands = "\n".join(line for line in said(1, 6).splitlines() if line.startswith("  "))

    assert len(commands.splitlines()) == 6
    done = subprocess.run(["bash", "-n"], input=commands, text=True, check=False)
    assert done.returncode == 0


def test_it_names_the_ports_in_force() -> None:
    text = said()

    assert "Ready after 1.2 s: payment on 9500 (token TestToken, operations on 9501)" in text
    assert text.count("http://127.0.0.1:8500") == 3
    assert "9000" not in text
    assert "8000" not in text


@pytest.mark.parametrize(
    ("paid", "option"),
    [((1, 6), " --paid-at-start 1,6 .local/payment.log"), ((), ":8500 .local/payment.log")],
    ids=["two are paid", "none is paid"],
)
def test_invoices_are_named_that_were_paid_at_the_start(paid: tuple[int, ...], option: str) -> None:
    (line,) = (line for line in said(*paid).splitlines() if " reconcile " in line)

    assert line.endswith(option)


@pytest.mark.parametrize(
    ("kept_since", "env", "profile"),
    [
        (None, {}, ".local/profile/profile.json, written just now. Edit it"),
        (LEFT, {}, ".local/profile/profile.json as it was left on 2026-03-04 at 15:06. Edit it"),
        (LEFT, {"PAYMENT_PROFILE_FILE": "/p.json"}, "/p.json, as PAYMENT_PROFILE_FILE says. Edit"),
        (
            LEFT,
            {"PAYMENT_SUCCESS_RATE": "1", "PAYMENT_SEED": "7"},
            "PAYMENT_SUCCESS_RATE=1 PAYMENT_SEED=7, until the end. No file is read",
        ),
    ],
    ids=["a new file", "the file of an earlier run", "a file that was named", "variables"],
)
def test_the_profile_in_force_is_named_with_its_source(
    kept_since: datetime | None, env: dict[str, str], profile: str
) -> None:
    text = said(kept_since=kept_since, env=env)

    assert f"\nProfile: {profile}" in text
    assert ("profile.json" in text) == ("profile.json" in profile)


def test_the_control_page_is_named_where_there_is_one() -> None:
    assert "Control page: http://localhost:9502 (token TestControlToken)" in said(control=9502)
    assert "ontrol" not in said()


def test_files_elsewhere_are_named_in_full(tmp_path: Path) -> None:
    text = next_steps(Places(tmp_path, 1, 2, 3), {}, Started(1, (), None))

    assert f"  tail -f {tmp_path}/*.log" in text
