"""One way to say what is wrong with something a person wrote: everything at once, not the first."""

from collections.abc import Iterable


class Mistake(str):
    """One mistake as a text that begins with its field, if it is one field's."""

    field: str
    """Path of that field; empty if it is the whole that is wrong."""
    detail: str
    """The text without the field."""

    @classmethod
    def of(cls, field: str, detail: str) -> "Mistake":
        mistake = cls(f"{field}: {detail}" if field else detail)
        mistake.field, mistake.detail = field, detail
        return mistake


class MistakesError(Exception):
    """Raised with every mistake found; each text names what is wrong and what would be right."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        super().__init__("; ".join(self.texts))
