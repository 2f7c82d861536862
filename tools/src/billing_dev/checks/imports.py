"""The import graph of each package by folder, and what of it breaks the layers.

The packages and their layers are those of .importlinter.
"""

import argparse
from collections.abc import Sequence

import grimp
from importlinter.api import read_configuration

from billing_dev.checks.import_graph import FolderGraph
from billing_dev.tree import ROOT


def main(words: Sequence[str]) -> int:
    """Returns 0 where no folder imports from one above or beside it."""
    parser = argparse.ArgumentParser(prog="billing-dev imports", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.parse_args(words)
    graphs = folder_graphs()
    print("\n\n".join(map(str, graphs)))
    return 0 if all(graph.holds for graph in graphs) else 1


def folder_graphs() -> list[FolderGraph]:
    """One for each package."""
    wanted = read_configuration(str(ROOT / ".importlinter"))
    layers = {
        contract["containers"]: contract["layers"]
        for contract in wanted["contracts_options"]
        if contract["type"] == "layers"
    }
    return [
        _folder_graph(package, layers[package])
        for package in wanted["session_options"]["root_packages"]
    ]


def _folder_graph(package: str, layers: Sequence[str]) -> FolderGraph:
    graph = grimp.build_graph(package)
    imports = [
        (module, imported)
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    ]
    return FolderGraph.of(package, layers, sorted(graph.modules), imports)
