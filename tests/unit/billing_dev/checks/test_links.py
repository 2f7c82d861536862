from pathlib import Path

import pytest

from billing_dev.checks.lint import LINKS
from billing_dev.checks.programs import run_captured


def checked(folder: Path, target: str) -> tuple[int, str]:
    """What the linter of links says of a page with one link."""
    (folder / "there.md").write_text("# What it's for\n\n```sh\n# no heading\n```\n")
    page = folder / "page.md"
    page.write_text(f"[text]({target})\n")
    return run_captured((*LINKS, page))


@pytest.mark.parametrize(
    "target",
    ["there.md", "there.md#what-its-for", "https://no-such-host.invalid/page#part"],
    ids=["a page", "a heading of a page", "a page of others, which is not asked for"],
)
def test_a_link_that_leads_somewhere_is_right(target: str, tmp_path: Path) -> None:
    code, printed = checked(tmp_path, target)

    assert (code, "0 Errors" in printed) == (0, True)


@pytest.mark.parametrize(
    "target",
    ["gone.md", "there.md#no-heading", "#nowhere"],
    ids=["a page that is gone", "what is no heading there", "a heading that this page lacks"],
)
def test_a_link_that_leads_nowhere_is_told_with_its_page(target: str, tmp_path: Path) -> None:
    code, printed = checked(tmp_path, target)

    assert code != 0
    assert "page.md" in printed
    assert target in printed
