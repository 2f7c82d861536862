"""Has a test pay for what it leaves open, and no later one."""

import gc
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

# Python keeps the last failure for a debugger, and with it all that the failed test held.
_LAST_FAILURE = ("last_type", "last_value", "last_traceback", "last_exc")


@pytest.fixture(autouse=True)
def own_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collects what a test has left, once its own fixtures have ended.

    A socket that nobody closed is told of when it is collected, and what is told of is an error of
    the test that runs by then.
    """
    yield
    # Those of its fixtures' values that ended are held until the next test otherwise.
    request.node.funcargs.clear()
    for name in _LAST_FAILURE:
        with suppress(AttributeError):
            delattr(sys, name)
    gc.collect()
