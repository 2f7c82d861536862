"""One way to say what is wrong with something a person wrote: everything at once, not the first."""

from collections.abc import Iterable


class MistakesError(Exception):
    """Raised with every mistake found; each text names what is wrong and what would be right."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        super().__init__("; ".join(self.texts))
