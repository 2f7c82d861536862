"""The pictures of states show all that the code's tables have, and nothing else."""

import re
from pathlib import Path

import pytest

from billing_dev.diagrams import run_states, stack_states, vocabulary
from billing_dev.diagrams.pictures import PICTURES
from billing_operator.reasons import Reason
from support.pictures import LEGIBLE, SVG, contrast, mistakes, parsed

# What other conditions than Ready say, and what ends a pass before anything is said.
NOT_OF_READY = {
    *("UpToDate", "NotStalled", "InvoicesReset", "TokenRotationHeld"),
    *("AsExpected", "ReconcileIncomplete", "InvoicesUnknown"),
    *("NoAnswer", "NamespaceLeaving", "LedgerMismatch", "BooksUnknown"),
    *("ChargesRefused", "RefusalsUnknown"),
}
# In a font that is as wide as any of those that a browser may take.
WORD_WIDTH = 7.4


def words(text: str) -> list[str]:
    """The words of the API in a picture, from above."""
    return [each.text or "" for each in parsed(text).iter(f"{SVG}text") if is_word(each.attrib)]


def is_word(attributes: dict[str, str]) -> bool:
    return "word" in attributes["class"].split()


@pytest.fixture(params=PICTURES, ids=lambda file: f"the picture {file.stem}")
def picture(request: pytest.FixtureRequest) -> str:
    file: Path = request.param
    return PICTURES[file]()


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: f"the picture {file.stem}")
def test_a_picture_is_in_step_with_the_code(file: Path) -> None:
    assert PICTURES[file]() == file.read_text(), "see `make render`"


def test_a_picture_is_plain_svg(picture: str) -> None:
    assert mistakes(picture) == []


def test_everything_stands_inside_the_picture(picture: str) -> None:
    root = parsed(picture)
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])

    for box in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= wide
        assert 0 <= y <= y + height <= high
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.attrib["y"]) <= high - 8


def test_words_fit_into_their_boxes(picture: str) -> None:
    root = parsed(picture)
    boxes = {
        float(box.get("x", 0)) + float(box.attrib["width"]) / 2: float(box.attrib["width"])
        for box in root.iter(f"{SVG}rect")
    }

    centred = [
        text
        for text in root.iter(f"{SVG}text")
        if is_word(text.attrib) and text.get("text-anchor") == "middle"
    ]
    for text in centred:
        assert len(text.text or "") * WORD_WIDTH + 8 <= boxes[float(text.attrib["x"])], text.text


@pytest.mark.parametrize("part", [0, 2], ids=["on a page by day", "on a page by night"])
def test_all_text_is_legible(picture: str, part: int) -> None:
    style = parsed(picture).findtext(f"{SVG}style", "")
    rules = style.partition("@media(prefers-color-scheme:dark)")[part]
    fills = dict(re.findall(r"\.([\w-]+)\{fill:(#\w{6})", rules.replace(".quiet,", "")))

    assert len(fills) == 11
    grounds = ("ground", "plain", "stalled", "reconciling", "ready")
    for ground in grounds:
        # Whatever explains is as grey as an arrow's tip.
        for ink in ("heading", "tip", f"{ground}-ink"):
            if ink in fills:
                assert contrast(fills[ground], fills[ink]) >= LEGIBLE, (ground, ink)
    for look in ("stalled", "reconciling"):
        assert contrast(fills["plain"], fills[f"{look}-ink"]) >= LEGIBLE


def test_the_chain_is_drawn_in_its_order_with_all_that_each_check_may_say() -> None:
    said = stack_states.says()
    drawn = words(stack_states.stack_states())

    order = [name for name, _ in vocabulary.checks()]
    assert sorted(said) == sorted(order), "add the check to says() in diagrams/stack_states"
    looks = ("stalled", "reconciling", "ready")
    assert drawn == [
        *(word for name in order for look in looks for word in getattr(said[name], look)),
        Reason.ALL_READY,
    ]


def test_every_reason_of_ready_is_drawn() -> None:
    missing = set(vocabulary.reasons()) - set(words(stack_states.stack_states())) - NOT_OF_READY

    assert missing == set(), "add the reason to says() in diagrams/stack_states"


def test_every_wait_and_every_outcome_is_drawn() -> None:
    assert words(run_states.run_states()) == [
        *(word for _, word in vocabulary.waits()),
        *(word for word, _ in vocabulary.outcomes()),
    ]


def test_every_outcome_has_a_sentence_of_the_codes_own() -> None:
    assert all(sentence.endswith(".") for _, sentence in vocabulary.outcomes())
    assert all(sentence.endswith(".") for _, sentence in vocabulary.checks())
