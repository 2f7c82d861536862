"""What may fail here: everything between the operator and the API server."""

from collections.abc import Iterator

import pytest

from billing_dev.clients.api_server import Access
from support.cluster.api_proxy import ApiProxy


@pytest.fixture
def proxy(access: Access) -> Iterator[ApiProxy]:
    """Stands between the operator and the API server."""
    with ApiProxy(access) as between:
        yield between
