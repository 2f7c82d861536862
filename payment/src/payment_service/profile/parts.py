"""What all parts of the profile document have in common: strict, frozen, and every mistake told.

Pydantic checks; what it finds is told in a person's words, all of it at once, each with the path of
its field. A member that may be absent has one type all the same: null stands for nothing, so that a
Kubernetes schema can carry the document.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self, TypeAlias, TypeVar, get_args

from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ArgsKwargs, CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from payment_service.profile.reading import TooLarge, json_members, toml_members
from payment_service.text.mistakes import Mistake, MistakesError

LONGEST_QUOTED = 40
Path = tuple[str | int, ...]
T = TypeVar("T")
N = TypeVar("N", int, float, Decimal)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Says of a type what its values are, such as `a number from 0 to 1`, where one is not."""

    what: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source), "wanted", custom_error_message=self.what
        )


class _Absent:
    """Takes the None out of a type's values; what is left is the field's default."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return handler.generate_schema(get_args(source)[0])


Maybe: TypeAlias = Annotated[T | None, _Absent()]
"""A member that may be left out, and then is None here; null in its place is a mistake."""


def member_name(name: str) -> str:
    """Returns how a document spells a field: `retry_after_seconds` is `retryAfterSeconds`."""
    return to_camel(name.rstrip("_"))


STRICT = ConfigDict(
    defer_build=True,  # most are only ever read within the profile, and a start should be short
    extra="forbid",
    allow_inf_nan=False,
    alias_generator=member_name,
    validate_by_name=True,
    validate_by_alias=True,
)


class Part:
    """An object of the document, a dataclass with `STRICT`.

    Made in Python, its fields are given by their Python names. No pydantic model, since those take
    twice as long to read a field, and every charge reads some.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    exactly_one_of: ClassVar[tuple[str, ...]] = ()
    """Members of which a document has one and no other."""

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """Reads a JSON document; raises MistakesError with one text for each mistake."""
        return cls._from_members(json_members(raw))

    @classmethod
    def from_toml(cls, raw: bytes) -> Self:
        """Reads a TOML document of the same members; raises MistakesError like `from_json`."""
        return cls._from_members(toml_members(raw))

    def as_json(self) -> dict[str, object]:
        """Returns the document that `from_json` reads, without what is left at its default."""
        written: dict[str, object] = TypeAdapter(type(self)).dump_python(
            self, mode="json", by_alias=True, exclude_defaults=True
        )
        return written

    @classmethod
    def flaws(cls, document: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
        """Tells what is wrong with these members taken together, whatever each one holds."""
        if not cls.exactly_one_of:
            return
        names = cls.exactly_one_of
        present = [name for name in names if member_name(name) in document or name in document]
        if len(present) != 1:
            has = _listed(present) if present else "none of them"
            yield (), f"has {has}; there must be exactly one of {_listed(cls.exactly_one_of)}"

    @classmethod
    def _from_members(cls, members: dict[str, object]) -> Self:
        try:
            return TypeAdapter(cls).validate_python(members, by_alias=True, by_name=False)
        except ValidationError as error:
            raise MistakesError(
                Mistake.of(_path_text(line["loc"]), line["msg"])
                for line in error.errors(include_url=False)
            ) from None

    @model_validator(mode="wrap")
    @classmethod
    def _tell_every_mistake(cls, document: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        # Pydantic's own checks of a whole model are left out as soon as one of its fields is wrong.
        part: Self | None = None
        mistakes: list[InitErrorDetails] = []
        try:
            part = handler(document)
        except ValidationError as error:
            mistakes += [
                _mistake(line["loc"], cls._in_words(line), line["input"])
                for line in error.errors(include_url=False)
                # A list is also called too short when all of its elements are wrong.
                if not (line["type"] == "too_short" and line["input"])
            ]
        document_members = document.kwargs if isinstance(document, ArgsKwargs) else document
        if isinstance(document_members, Mapping):
            mistakes += [_mistake(path, text, None) for path, text in cls.flaws(document_members)]
        if mistakes or part is None:
            raise ValidationError.from_exception_data(cls.__name__, mistakes)
        return part

    @classmethod
    def _in_words(cls, line: Mapping[str, Any]) -> str:
        kind, limits = line["type"], line.get("ctx", {})
        known = [each.name for each in fields(cls) if each.init]
        value = quoted(line["input"])
        texts = {
            "mistake": line["msg"],
            "wanted": f"{value} is not {line['msg']}",
            "missing": "is missing",
            "unexpected_keyword_argument": f"no such field; there are {_listed(known)}",
            "dataclass_type": f"{value} is not an object",
            "tuple_type": f"{value} is not a list",
            "too_short": "is empty; there must be at least one",
            "too_long": f"has more than {limits.get('max_length')} entries",
        }
        return str(texts.get(kind, f"{value} is not possible here"))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        if cls.exactly_one_of:
            schema["oneOf"] = [{"required": [member_name(name)]} for name in cls.exactly_one_of]
        return schema


def flaw(text: str) -> PydanticCustomError:
    """Returns the error that a field's validator raises to have `text` told at the field's path."""
    return PydanticCustomError("mistake", "{text}", {"text": text})


def not_below(lower: str, value: N, info: ValidationInfo) -> N:
    """Returns `value`, which must not be below the field `lower` of the same part."""
    least = info.data.get(lower)
    if least is not None and value < least:
        raise flaw(f"{quoted(value)} is less than {member_name(lower)}, which is {quoted(least)}")
    return value


def members(value: object) -> list[Mapping[str, object]]:
    """Returns the elements of a list as their members, before it is known what they are.

    One that has no members, or was made in Python and so is a part already, has its fields' own.
    """
    elements = value if isinstance(value, list | tuple) else ()
    return [each if isinstance(each, Mapping) else _own(each) for each in elements]


def _own(element: object) -> Mapping[str, object]:
    names = [each.name for each in fields(element)] if isinstance(element, Part) else ()
    return {name: getattr(element, name) for name in names}


def _mistake(path: Path, text: str, value: object) -> InitErrorDetails:
    return InitErrorDetails(type=flaw(text), loc=path, input=value)


def _listed(names: Iterable[str]) -> str:
    *most, last = map(member_name, names)
    return f"{', '.join(most)} and {last}" if most else last


def _path_text(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{_key_text(step)}"
    return text.removeprefix(".")


def _key_text(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", key) else quoted(key)


def quoted(value: object) -> str:
    """Returns a value as the document has it, but for what is inside of a list or an object."""
    if isinstance(value, list | tuple | Mapping):
        whole = ("{...}", "{}") if isinstance(value, Mapping) else ("[...]", "[]")
        return whole[not value]
    plain_number = isinstance(value, int | float | TooLarge) and not isinstance(value, bool)
    text = repr(value) if plain_number else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + "..."
