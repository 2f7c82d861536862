"""The picture is SVG that a browser plays without a script, a font or a file from elsewhere."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from billing_dev.recording.cast import Cast, Event
from billing_dev.recording.film import film
from billing_dev.recording.svg import svg
from support.pictures import LEGIBLE, SVG, contrast, mistakes, parsed

GOLDEN = Path(__file__).parent / "golden"
CAST = Cast(
    24,
    3,
    "",
    1.0,
    (
        Event(0.2, "\x1b[1;32m$ \x1b[0;1mecho '<&>'\x1b[0m"),
        Event(0.7, "\r\n<&>\r\n"),
        Event(5.0, "\x1b[31mred"),
    ),
)


@pytest.fixture
def text() -> str:
    return svg(film(CAST), title='a "title" & more', remark="a <remark>")


@pytest.fixture
def root(text: str) -> ET.Element:
    return parsed(text)


def test_a_small_film_is_drawn_as_before(text: str) -> None:
    assert text == (GOLDEN / "small.svg").read_text()


def test_it_has_a_frame_for_each_screen_and_a_moment_for_each_frame(
    text: str, root: ET.Element
) -> None:
    frames = root.findall(f".//{SVG}g[@class='frame']")
    moments = re.findall(r"([\d.]+)%\{transform:translateY\(-(\d+)px\)\}", text)

    assert len(frames) == len(moments) == len(film(CAST).frames) == 4
    placed = [re.findall(r"\d+", frame.attrib["transform"])[-1] for frame in frames]
    assert [down for _, down in moments] == placed
    assert [float(at) for at, _ in moments] == pytest.approx([0, 5.405, 18.919, 45.946])


def test_what_is_not_for_xml_is_escaped(root: ET.Element) -> None:
    rows = ["".join(row.itertext()) for row in root.findall(f".//{SVG}defs/{SVG}text")]

    assert rows == ["$\u00a0echo\u00a0'<&>'", "<&>", "red"]
    assert root.findtext(f"{SVG}title") == 'a "title" & more'
    assert root.findtext(f"{SVG}desc") == "a <remark>"


def test_nothing_comes_from_elsewhere_and_nothing_is_run(text: str) -> None:
    assert mistakes(text) == []


def test_it_is_legible_on_any_page(root: ET.Element) -> None:
    ground = root.find(f"{SVG}rect")

    assert ground is not None
    wide, high = (float(ground.attrib[side]) for side in ("width", "height"))
    assert (wide + 1, high + 1) == (float(root.attrib["width"]), float(root.attrib["height"]))
    colours = re.findall(r"fill:(#\w{6})", root.findtext(f"{SVG}style", ""))
    assert len(colours) >= 4
    assert all(contrast(colour, ground.attrib["fill"]) >= LEGIBLE for colour in colours)


def test_who_wants_no_motion_sees_the_last_screen(text: str) -> None:
    still = re.search(r"prefers-reduced-motion:reduce\)\{\.film\{animation:none;(.+?)\}", text)

    assert still
    assert still[1] == f"transform:translateY(-{3 * 3 * 18}px)"
