"""A case that fails says in words which one it is."""

from pathlib import Path

import pytest

from support.cases import unclear


def test_the_id_of_every_case_is_a_sentence(request: pytest.FixtureRequest) -> None:
    here = Path(__file__).parent

    assert unclear(item for item in request.session.items if here in item.path.parents) == []
