"""The picture that is checked in is made from the recording that is."""

import re

from billing_dev.recording.cast import read
from billing_dev.recording.film import film
from billing_dev.recording.pictures import CAST, PICTURE, picture
from billing_dev.recording.story import TITLE, printed_command


def test_the_picture_is_in_step_with_the_recording() -> None:
    assert picture() == PICTURE.read_text(), "see `make render`"


def test_it_is_small_enough_for_a_page_and_short_enough_to_be_watched() -> None:
    assert len(PICTURE.read_bytes()) < 150_000
    assert 10 <= film(read(CAST.read_text())).seconds <= 17


def test_it_says_that_waits_are_cut() -> None:
    limit = read(CAST.read_text()).idle_limit

    assert limit
    assert f"waits over {limit:g} s are cut</desc>" in PICTURE.read_text()


def test_it_tells_the_whole_story() -> None:
    cast = read(CAST.read_text())
    printed = "".join(event.text for event in cast.events if not event.marker)
    told = iter(re.sub(r"\x1b\[[\d;?]*\w", "", printed).splitlines())

    assert cast.title == TITLE
    for sign in (
        "spec: {}",
        "kubectl apply",
        "AllReady",
        "create job first",
        "kubectl delete pod",
        "create job second",
        "kubectl events",
        "InvoicesReset",
        "kubectl annotate",
        "kubectl get bst -w",
    ):
        assert any(sign in line for line in told), f"{sign} is not told, or not in this order"
    assert printed.count(printed_command(printed)) == 2, "the printed command is not the one run"
