import pytest

from billing_dev.cluster.images import full_name


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("payment:1", "docker.io/library/payment:1"),
        ("team/payment:1", "docker.io/team/payment:1"),
        ("localhost/payment:1", "localhost/payment:1"),
        ("registry.test/payment:1", "registry.test/payment:1"),
        ("registry:5000/payment:1", "registry:5000/payment:1"),
    ],
)
def test_a_name_is_completed_as_the_node_completes_it(short: str, full: str) -> None:
    assert full_name(short) == full
