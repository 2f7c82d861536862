"""What may fail here: everything between the operator and the API server."""

from collections.abc import Iterator

import pytest

from support.api_proxy import ApiProxy
from support.api_server import Access


@pytest.fixture
def proxy(access: Access) -> Iterator[ApiProxy]:
    """Stands between the operator and the API server."""
    with ApiProxy(access) as between:
        yield between
