from collections.abc import Sequence

import pytest

from billing_dev.checks.import_graph import FolderGraph, folder_of
from billing_dev.checks.imports import folder_graphs

LAYERS = ["__main__", "tills | books", "names"]
MODULES = [
    "shop",
    "shop.__main__",
    "shop.tills.till",
    "shop.tills.drawer",
    "shop.books",
    "shop.names",
]
DOWNWARD = [
    ("shop.__main__", "shop.tills.till"),
    ("shop.tills.till", "shop.tills.drawer"),
    ("shop.tills.till", "shop.names"),
    ("shop.tills.drawer", "shop.names"),
    ("shop.books", "shop"),
]


def graph(*more: tuple[str, str], modules: Sequence[str] = MODULES) -> FolderGraph:
    return FolderGraph.of("shop", LAYERS, modules, [*DOWNWARD, *more])


@pytest.mark.parametrize(
    ("module", "folder"),
    [("shop.tills.till", "tills"), ("shop.books", "books"), ("shop", "__init__")],
    ids=["a module in a folder", "a module beside the folders", "the package itself"],
)
def test_a_module_belongs_to_its_uppermost_folder(module: str, folder: str) -> None:
    assert folder_of(module, "shop") == folder


def test_imports_within_a_folder_are_no_arrows_and_those_of_two_folders_are_one() -> None:
    assert graph().arrows == {
        ("__main__", "tills"): 1,
        ("tills", "names"): 2,
        ("books", "__init__"): 1,
    }


def test_layers_that_hold_have_nothing_upward_and_no_circle() -> None:
    seen = graph()

    assert (seen.upward, seen.circle, seen.holds) == ([], [], True)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("shop.names", "shop.books"),
        ("shop.books", "shop.tills.till"),
        ("shop", "shop.names"),
    ],
    ids=["a folder above", "a folder of the same layer", "any folder, by the package itself"],
)
def test_an_import_of_what_is_not_below_is_told(importer: str, imported: str) -> None:
    seen = graph((importer, imported))

    arrow = (folder_of(importer, "shop"), folder_of(imported, "shop"))
    assert seen.upward == [arrow]
    assert not seen.holds
    assert f"  UPWARD: {arrow[0]} -> {arrow[1]}" in str(seen).splitlines()


def test_a_folder_without_a_layer_is_told() -> None:
    seen = graph(("shop.lost", "shop.names"), modules=[*MODULES, "shop.lost"])

    assert seen.upward == [("lost", "names")]
    assert "  lost      -> names 1" in str(seen).splitlines()


def test_a_circle_is_told_in_the_order_of_its_imports() -> None:
    seen = graph(("shop.names", "shop.books"), ("shop.books", "shop.tills.till"))

    assert set(seen.circle) == {"names", "books", "tills"}
    steps = list(zip(seen.circle, seen.circle[1:], strict=False))
    assert all(step in seen.arrows for step in steps)
    assert f"  CIRCLE: {' -> '.join(seen.circle)}" in str(seen).splitlines()


def test_the_table_has_a_line_for_each_folder_in_the_order_of_the_layers() -> None:
    assert str(graph()).splitlines() == [
        "shop: 5 folders, 3 arrows between them (4 imports), 0 upward, no circle",
        "  __main__  -> tills 1",
        "  tills     -> names 2",
        "  books     -> __init__ 1",
        "  names",
        "  __init__",
    ]


def test_the_layers_of_every_package_of_this_tree_hold() -> None:
    graphs = folder_graphs()

    assert [seen.package for seen in graphs] == [
        "billing_operator",
        "payment_service",
        "billing_dev",
    ]
    assert [(seen.upward, seen.circle) for seen in graphs] == [([], [])] * 3
    assert all(len(seen.arrows) > 20 for seen in graphs)
