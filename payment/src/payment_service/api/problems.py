"""Tells what went wrong outside the charge call's fixed contract: problem+json, as RFC 9457 has it.

Every mistake is told at once, each with the name of its field or parameter.
"""

from collections.abc import Iterable
from http import HTTPStatus

from pydantic import TypeAdapter

from payment_service.api.control_views import FieldMistake, Problem
from payment_service.text.mistakes import Mistake, MistakesError

CONTENT_TYPE = "application/problem+json"

_PROBLEM = TypeAdapter(Problem)


class ProblemError(Exception):
    """A call that is refused: its status, why, and the headers that go with it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        mistakes: Iterable[Mistake] = (),
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.mistakes = tuple(mistakes)
        self.headers = tuple(headers)

    @classmethod
    def of(cls, error: MistakesError) -> "ProblemError":
        """The refusal of something that a person wrote."""
        mistakes = [
            text if isinstance(text, Mistake) else Mistake.of("", text) for text in error.texts
        ]
        return cls(400, str(error), mistakes=mistakes)

    def body(self) -> bytes:
        """The answer's body."""
        errors = [FieldMistake(mistake.field, mistake.detail) for mistake in self.mistakes]
        return problem_body(self.status, self.detail, errors or None)


def problem_body(status: int, detail: str, errors: list[FieldMistake] | None = None) -> bytes:
    """Returns a problem as it is sent."""
    problem = Problem("about:blank", HTTPStatus(status).phrase, status, detail, errors)
    return _PROBLEM.dump_json(problem, exclude_none=True)


def refusal_as_problem(status: int, _: str, detail: str) -> tuple[str, bytes]:
    """Says what a request is told that is too broken for the application."""
    return CONTENT_TYPE, problem_body(status, detail)
