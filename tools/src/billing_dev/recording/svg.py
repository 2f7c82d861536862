"""A film as an animated SVG: no script, no font from elsewhere, one animation.

All screens stand below each other on a strip, of which a window shows one at a time. A row that
stands on many screens is drawn once, and placed by reference.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from billing_dev.recording.film import Film, Frame, Row, Span

_CELL, _LINE, _FONT = 8.4, 18, 14
_MARGIN, _BAR = 14, 34
# Where the letters of a row stand on, below its top.
_BASE = 13.5
# The window has its own ground, so it is legible on a page of any colour.
_GROUND, _EDGE, _QUIET, _PLAIN = "#0d1117", "#3d444d", "#9198a1", "#d1d7e0"
_COLOURS = {
    "red": "#ff7b72",
    "green": "#3fb950",
    "brown": "#d29922",
    "blue": "#58a6ff",
    "magenta": "#bc8cff",
    "cyan": "#39c5cf",
}
_FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace"


def svg(film: Film, *, title: str, remark: str) -> str:
    """The picture.

    Args:
        title: what is shown, for those who can't see it, and on the bar of the window.
        remark: what one must know of how it was made, on the bar too.
    """
    width = round(film.width * _CELL + 2 * _MARGIN)
    screen = film.height * _LINE
    height = screen + _BAR + 2 * _MARGIN
    names = _row_names(film)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="title remark">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="remark">{escape(remark)}</desc>',
        f"<style>{_style(film, screen)}</style>",
        "<defs>",
        f'<rect id="cursor" width="{_CELL}" height="{_LINE}"/>',
        *(_drawn(name, row) for row, name in names.items()),
        "</defs>",
        *_window(width, height, title, remark),
        f'<svg x="{_MARGIN}" y="{_BAR + _MARGIN}" width="{width - 2 * _MARGIN}" height="{screen}">',
        '<g class="film">',
        *(_placed(number, frame, names, screen) for number, frame in enumerate(film.frames)),
        "</g>",
        "</svg>",
        "</svg>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _row_names(film: Film) -> dict[Row, str]:
    rows = (row for frame in film.frames for row in frame.rows if row)
    return {row: f"r{number}" for number, row in enumerate(dict.fromkeys(rows))}


def _style(film: Film, screen: int) -> str:
    last = (len(film.frames) - 1) * screen
    rules = [
        f"text{{font:{_FONT}px {_FONTS};fill:{_PLAIN}}}",
        ".bold{font-weight:700}",
        *(f".{name}{{fill:{value}}}" for name, value in _used_colours(film).items()),
        f"#cursor{{fill:{_QUIET}}}",
        f".bar{{font-size:12px;fill:{_QUIET}}}",
        f".film{{animation:play {film.seconds:.2f}s step-end infinite}}",
        f"@keyframes play{{{''.join(_keyframes(film, screen))}}}",
        # Who wants no motion sees how it ends.
        "@media(prefers-reduced-motion:reduce)"
        f"{{.film{{animation:none;transform:translateY(-{last}px)}}}}",
    ]
    return "".join(rules)


def _used_colours(film: Film) -> dict[str, str]:
    spans = (span for frame in film.frames for row in frame.rows for span in row)
    used = {span.colour for span in spans}
    return {name: value for name, value in _COLOURS.items() if name in used}


def _keyframes(film: Film, screen: int) -> Iterator[str]:
    for number, frame in enumerate(film.frames):
        at = 100 * frame.seconds / film.seconds
        yield f"{at:.3f}%{{transform:translateY(-{number * screen}px)}}"


def _window(width: int, height: int, title: str, remark: str) -> Iterator[str]:
    yield (
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8" '
        f'fill="{_GROUND}" stroke="{_EDGE}"/>'
    )
    yield f'<path d="M1 {_BAR}H{width - 1}" stroke="{_EDGE}"/>'
    yield f'<text class="bar" x="{_MARGIN}" y="22">{escape(title)}</text>'
    end = width - _MARGIN
    yield f'<text class="bar" x="{end}" y="22" text-anchor="end">{escape(remark)}</text>'


def _drawn(name: str, row: Row) -> str:
    columns = sum(len(span.text) for span in row)
    # The width is ours, not that of whichever font is there: columns stay below each other.
    length = f'textLength="{columns * _CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
    spans = "".join(map(_span, row))
    return f'<text id="{name}" y="{_BASE}" {length}>{spans}</text>'


def _span(span: Span) -> str:
    classes = [span.colour] if span.colour in _COLOURS else []
    classes += ["bold"] if span.bold else []
    # Browsers don't agree on what keeps two spaces of a row apart that is placed by reference.
    text = escape(span.text).replace(" ", "\u00a0")
    return f'<tspan class="{" ".join(classes)}">{text}</tspan>' if classes else text


def _placed(number: int, frame: Frame, names: dict[Row, str], screen: int) -> str:
    rows = [
        f'<use href="#{names[row]}" y="{_LINE * line}"/>'
        for line, row in enumerate(frame.rows)
        if row
    ]
    if frame.cursor:
        column, line = frame.cursor
        rows.append(f'<use href="#cursor" x="{column * _CELL:.1f}" y="{line * _LINE}"/>')
    return f'<g class="frame" transform="translate(0 {number * screen})">{"".join(rows)}</g>'
