from pathlib import Path

import pytest

from billing_dev.checks.dead_names import dead_names

USED = """
_limit = 3

def counted():
    return _limit
"""
USERS = "from shop.till import counted\n\ncounted()\n"


def found(tmp_path: Path, text: str, ignored: tuple[str, ...] = ()) -> list[str]:
    """What is dead in a module that another one, and a test, use a function of."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/till.py").write_text(text)
    (tmp_path / "src/other.py").write_text("def _total(): return 1\n\n_total()\n")
    (tmp_path / "test_till.py").write_text(USERS)
    wanted = {"paths": ["src", "test_till.py"], "ignore_names": ignored, "ignore_decorators": []}
    return list(dead_names(tmp_path, wanted, ["src"]))


def test_what_has_a_user_is_not_dead(tmp_path: Path) -> None:
    assert found(tmp_path, USED) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("def lost(): return 1", "unused function 'lost'"),
        ("LOST = 1", "unused variable 'LOST'"),
        ("def _total(): return 2", "unused function '_total'"),
        ("class Till:\n    def _lost(self): return 1\n\nTill()", "unused method '_lost'"),
        ("counted()\n'''Of a field that is gone.'''", "docstring of nothing"),
    ],
    ids=[
        "a public function",
        "a constant",
        "a private function whose name another module uses",
        "a private method",
        "the text of a field that is not there",
    ],
)
def test_what_has_no_user_is_told_with_its_place(more: str, told: str, tmp_path: Path) -> None:
    (line,) = found(tmp_path, f"{USED}\n{more}\n")

    assert line.startswith("src/till.py:")
    assert line.endswith(f": {told}")


def test_what_a_library_uses_is_not_dead(tmp_path: Path) -> None:
    assert found(tmp_path, f"{USED}\ndef on_get(): return 1\n", ("on_get",)) == []


def test_the_text_of_a_field_is_none_of_nothing(tmp_path: Path) -> None:
    text = f'"""A till."""\n{USED}\nLIMIT = 3\n"""How many."""\n\ncounted(LIMIT)\n'

    assert found(tmp_path, text) == []
