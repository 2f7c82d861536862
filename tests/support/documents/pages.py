"""The Markdown pages of the tree, taken apart: links, tables, blocks of code and prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from billing_dev.tree import ROOT, files

DOCS = ROOT / "docs"
README = ROOT / "README.md"
_BLOCK = re.compile(r"(?ms)^( *)```([^\n]*)\n(.*?)^ *```$")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code.

    Attributes:
        info: what stands behind its opening fence, such as "sh no-run".
        before: the last line with text above it.
        line: the number of its opening fence's line in the page.
    """

    page: str
    info: str
    text: str
    before: str
    line: int


def documents() -> list[Path]:
    """Every Markdown file of the tree."""
    return [file for file in files() if file.suffix == ".md"]


def pages() -> list[Path]:
    """What users read: the README and all below docs/."""
    return [file for file in documents() if file == README or file.is_relative_to(DOCS)]


def name(page: Path) -> str:
    """As the tree has it."""
    return str(page.relative_to(ROOT)) if page.is_relative_to(ROOT) else page.name


def blocks(page: Path, *languages: str) -> list[Block]:
    """Its blocks of some languages, in their order, without the indent that a list gives them."""
    text = page.read_text()
    return [
        Block(
            page=name(page),
            info=found[2],
            text=_outdented(found[3], found[1]),
            before=_line_before(text, found),
            line=text.count("\n", 0, found.start()) + 1,
        )
        for found in _BLOCK.finditer(text)
        if found[2].partition(" ")[0] in languages
    ]


def yaml_documents(page: Path) -> Iterator[Any]:
    """What its YAML says."""
    for block in blocks(page, "yaml"):
        yield from yaml.safe_load_all(block.text)


def in_code(page: Path) -> set[str]:
    """The words between back-ticks."""
    return set(re.findall(r"`([^`\n]+)`", page.read_text()))


def rows(page: Path, heading: str = "") -> list[list[str]]:
    """The cells of its tables' rows, those of one section where a heading is given."""
    text = section(page, heading) if heading else page.read_text()
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    cells = ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines)
    return [row for row in cells if set("".join(row)) != {"-"}]


def first_words(page: Path, heading: str = "", column: int = 0) -> list[str]:
    """All that stands in back-ticks in one column of its tables, in its order."""
    cells = (row[column] for row in rows(page, heading) if len(row) > column)
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def section(page: Path, heading: str) -> str:
    """The text below a heading of the second level, up to the next one."""
    (found,) = re.findall(rf"(?ms)^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page.read_text())
    return str(found)


def prose(page: Path) -> str:
    """What is left of a page without its code, comments and the targets of links."""
    text = _BLOCK.sub("", page.read_text())
    return re.sub(r"<!--.*?-->|`[^`\n]*`|\]\([^)]*\)", " ", text, flags=re.DOTALL)


def broken_links(page: Path) -> Iterator[str]:
    """Relative links that lead to no file, or to no heading in it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(page)):
        if re.match(r"[a-z]+:", target):
            continue
        at, _, anchor = target.partition("#")
        file = (page.parent / at).resolve() if at else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            yield f"{name(page)}: {target}"


def _outdented(text: str, indent: str) -> str:
    return re.sub(rf"(?m)^{indent}", "", text)


def _line_before(text: str, found: re.Match[str]) -> str:
    return text[: found.start()].rstrip().rpartition("\n")[2].strip()


def _anchors(page: Path) -> set[str]:
    """The headings, as a link names them."""
    headings = re.findall(r"^#+ (.+)$", _without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def _without_code(page: Path) -> str:
    blocks_gone = _BLOCK.sub("", page.read_text())
    return re.sub(r"`[^`\n]*`", lambda code: re.sub(r"[^\w -]", "", code[0]), blocks_gone)
