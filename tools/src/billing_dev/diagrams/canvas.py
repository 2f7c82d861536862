"""Boxes, words and arrows that are legible by day and by night."""

from textwrap import wrap
from typing import Literal
from xml.sax.saxutils import escape

Look = Literal["plain", "stalled", "reconciling", "ready"]
Side = Literal["start", "middle", "end"]

LINE = 17
_SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace"
# So many units are wide enough for a character, whichever font is there.
_SANS_WIDTH = 6.4

# Each colour by day and by night.
_INK = ("#1f2328", "#f0f6fc")
_QUIET = ("#59636e", "#9198a1")
_GROUND = ("#ffffff", "#0d1117")
_EDGE = ("#d1d9e0", "#3d444d")
# Of a look: ground, edge, ink.
_LOOKS: dict[Look, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "plain": (("#f6f8fa", "#151b23"), _EDGE, _INK),
    "stalled": (("#fff1e5", "#2f1b0a"), ("#bc4c00", "#db6d28"), ("#953800", "#ffa657")),
    "reconciling": (("#ddf4ff", "#0d2238"), ("#0969da", "#1f6feb"), ("#0550ae", "#79c0ff")),
    "ready": (("#dafbe1", "#0c2716"), ("#1a7f37", "#238636"), ("#116329", "#7ee787")),
}


def folded(text: str, width: float) -> list[str]:
    """The lines in which a quiet text fits into that width."""
    return wrap(text, int(width / _SANS_WIDTH)) or [""]


class Canvas:
    """A picture in the making; what is drawn later lies above."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._lines: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, look: Look = "plain") -> None:
        """A box with round corners."""
        place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
        self._lines.append(f'<rect class="{look}" {place} rx="6"/>')

    def heading(self, x: float, y: float, text: str, side: Side = "start") -> None:
        """Words that stand out."""
        self._text(x, y, text, "heading", side)

    def quiet(self, x: float, y: float, lines: list[str], side: Side = "start") -> None:
        """Lines that explain."""
        for number, line in enumerate(lines):
            self._text(x, y + number * LINE, line, "quiet", side)

    def word(self, x: float, y: float, text: str, look: Look = "plain") -> None:
        """A word of the API."""
        self._text(x, y, text, f"word {look}-ink", "start")

    def pill(self, x: float, y: float, width: float, text: str, look: Look) -> None:
        """A word of the API in a box of its own, 24 high."""
        self.box(x, y, width, 24, look)
        self._text(x + width / 2, y + 16, text, f"word {look}-ink", "middle")

    def dot(self, x: float, y: float) -> None:
        """Where everything begins."""
        self._lines.append(f'<circle class="tip" cx="{x:g}" cy="{y:g}" r="5"/>')

    def arrow(self, *corners: tuple[float, float]) -> None:
        """A line along these corners, with its tip at the last one."""
        (x, y), *others = corners
        path = f"M{x:g} {y:g}" + "".join(f"L{x:g} {y:g}" for x, y in others)
        self._lines.append(f'<path class="arrow" d="{path}" marker-end="url(#tip)"/>')

    def svg(self, title: str, description: str) -> str:
        """The picture, with what it says to those who can't see it."""
        width, height = self._width, self._height
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-labelledby="title description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f"<style>{_style()}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path class="tip" d="M0 0L8 4L0 8Z"/></marker></defs>',
            f'<rect class="ground" width="{width}" height="{height}" rx="8"/>',
            *self._lines,
            "</svg>",
        ]
        return "".join(f"{line}\n" for line in lines)

    def _text(self, x: float, y: float, text: str, kind: str, side: Side) -> None:
        anchor = "" if side == "start" else f' text-anchor="{side}"'
        self._lines.append(
            f'<text class="{kind}" x="{x:g}" y="{y:g}"{anchor}>{escape(text)}</text>'
        )


def _style() -> str:
    shapes = (
        f"text{{font:12px {_SANS}}}.heading{{font-size:14px;font-weight:600}}"
        f".word{{font:12px {_MONO}}}.arrow{{fill:none;stroke-width:1.5}}"
    )
    return f"{shapes}{_colours(0)}@media(prefers-color-scheme:dark){{{_colours(1)}}}"


def _colours(night: int) -> str:
    looks = "".join(
        f".{look}{{fill:{ground[night]};stroke:{edge[night]}}}.{look}-ink{{fill:{ink[night]}}}"
        for look, (ground, edge, ink) in _LOOKS.items()
    )
    return (
        f".ground{{fill:{_GROUND[night]};stroke:{_EDGE[night]}}}.heading{{fill:{_INK[night]}}}"
        f".quiet,.tip{{fill:{_QUIET[night]}}}.arrow{{stroke:{_QUIET[night]}}}{looks}"
    )
