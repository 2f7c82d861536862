from pathlib import Path

from billing_dev.cluster.recipe_key import key_of


def test_the_same_parts_have_the_same_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    assert key_of("a", tmp_path) == key_of("a", tmp_path)


def test_a_changed_file_in_a_folder_changes_the_key(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text("old")
    before = key_of(tmp_path)
    (tmp_path / "deep" / "file").write_text("new")
    assert key_of(tmp_path) != before


def test_a_renamed_file_changes_the_key(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("content")
    before = key_of(tmp_path)
    (tmp_path / "old").rename(tmp_path / "new")
    assert key_of(tmp_path) != before


def test_where_a_folder_is_does_not_matter(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "file").write_text("content")
    assert key_of(tmp_path / "here") == key_of(tmp_path / "there")


def test_texts_do_not_run_together() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
