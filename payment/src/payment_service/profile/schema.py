"""The profile document as a JSON Schema, for editors and for programs that write profiles."""

import json
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from payment_service.profile.document import Profile


class Generator(GenerateJsonSchema):
    """Leaves out what pydantic adds of its own: titles, and None as a default."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - it is pydantic's
        return False


def schema() -> dict[str, Any]:
    """Returns the JSON Schema (2020-12). The parser is stricter in what a schema cannot say."""
    generated = TypeAdapter(Profile).json_schema(schema_generator=Generator)
    for part in (generated, *generated["$defs"].values()):
        del part["title"]
    title = "Profile of payment-service"
    return {"$schema": Generator.schema_dialect, "title": title, **generated}


def schema_text() -> str:
    """Returns it as the file that the project ships."""
    return json.dumps(schema(), indent=2) + "\n"
