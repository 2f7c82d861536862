"""Which folder of a package imports from which, and whether its layers hold."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

Arrow = tuple[str, str]
# The module of the package itself: whatever stands in it lies below all layers.
PACKAGE = "__init__"


@dataclass(frozen=True, slots=True)
class FolderGraph:
    """A package by folder; a module that lies beside the folders counts as one.

    Attributes:
        layers: folders that may not import from each other, the uppermost first.
        folders: all that the package has.
        arrows: from a folder to one that it imports from, with how many imports there are.
    """

    package: str
    layers: Sequence[Sequence[str]]
    folders: frozenset[str]
    arrows: Mapping[Arrow, int]

    @classmethod
    def of(
        cls,
        package: str,
        layers: Sequence[str],
        modules: Sequence[str],
        imports: Sequence[tuple[str, str]],
    ) -> "FolderGraph":
        """Takes layers as .importlinter writes them, and imports of a module by another."""
        arrows = Counter(
            (folder_of(importer, package), folder_of(imported, package))
            for importer, imported in imports
        )
        between = {arrow: count for arrow, count in arrows.items() if arrow[0] != arrow[1]}
        folders = frozenset(folder_of(module, package) for module in modules)
        named = [[name.strip() for name in re.split("[|:]", layer)] for layer in layers]
        return cls(package, [*named, [PACKAGE]], folders, between)

    @property
    def upward(self) -> list[Arrow]:
        """Arrows that do not lead to a lower layer; where a folder has no layer, all of its."""
        depths = {name: depth for depth, layer in enumerate(self.layers) for name in layer}
        return [
            (importer, imported)
            for importer, imported in sorted(self.arrows)
            if not depths.get(importer, len(depths)) < depths.get(imported, -1)
        ]

    @property
    def circle(self) -> list[str]:
        """Folders that import from each other in a circle; none where there is no circle."""
        graph: dict[str, set[str]] = {}
        for importer, imported in self.arrows:
            graph.setdefault(importer, set()).add(imported)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as found:
            # The sorter names them from the imported one to its importer.
            return list(reversed(found.args[1]))
        return []

    @property
    def holds(self) -> bool:
        return not self.upward and not self.circle

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        imports = sum(self.arrows.values())
        yield (
            f"{self.package}: {len(self.folders)} folders, {len(self.arrows)} arrows between them "
            f"({imports} imports), {len(self.upward)} upward, {'a' if self.circle else 'no'} circle"
        )
        in_order = [name for layer in self.layers for name in layer]
        rows = [name for name in in_order if name in self.folders]
        rows += sorted(self.folders - set(in_order))
        width = max(map(len, rows), default=0)
        for row in rows:
            targets = [
                f"{name} {count}" for name in rows if (count := self.arrows.get((row, name)))
            ]
            yield f"  {row:<{width}}  {'-> ' if targets else ''}{', '.join(targets)}".rstrip()
        for importer, imported in self.upward:
            yield f"  UPWARD: {importer} -> {imported}"
        if self.circle:
            yield f"  CIRCLE: {' -> '.join(self.circle)}"


def folder_of(module: str, package: str) -> str:
    """The folder that a module lies in, or the module itself where it lies beside the folders."""
    return module.removeprefix(package).lstrip(".").partition(".")[0] or PACKAGE
