"""What every picture of the documents must be: whole, harmless and legible."""

from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
# What the guidelines for accessible content want of small text.
LEGIBLE = 4.5
_TAGS = {
    *("svg", "title", "desc", "style", "defs", "marker", "g", "use"),
    *("rect", "circle", "path", "text", "tspan"),
}


def parsed(text: str) -> ET.Element:
    """The picture as a browser reads it."""
    return ET.fromstring(text)  # noqa: S314 - our own text


def mistakes(text: str) -> list[str]:
    """What would keep a page from showing it, or would do more than show it."""
    root = parsed(text)
    names = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    used = {each.attrib["href"].removeprefix("#") for each in root.iter(f"{SVG}use")}
    used |= set(root.attrib["aria-labelledby"].split())
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    acts = [name for each in root.iter() for name in each.attrib if name.startswith("on")]
    elsewhere = [word for word in ("@import", "@font-face", "url(h", "<image") if word in text]
    addresses = text.count("://") - text.count("http://www.w3.org/2000/svg")
    return [
        *(f"{name} is there twice" for name in {n for n in names if names.count(n) > 1}),
        *(f"{name} leads nowhere" for name in used - set(names)),
        *(f"<{tag}> is no plain drawing" for tag in tags - _TAGS),
        *(f"{name} runs something" for name in acts),
        *(f"{word} fetches something" for word in elsewhere),
        *(["an address is in it"] if addresses else []),
        *([] if root.findtext(f"{SVG}title") else ["it has no title"]),
        *([] if root.findtext(f"{SVG}desc") else ["it says nothing to who can't see it"]),
    ]


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart: 1 is not at all, 21 is black on white."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
