"""How the operator asks the API server, and what it makes of rare answers.

What the server does when it is asked is tested against the real one (tests/integration).
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio.client import ApiClient, Configuration

from billing_operator.errors import (
    ClusterError,
    Conflict,
    Fault,
    NamespaceLeaving,
    NotFound,
    Refused,
)
from billing_operator.kinds import BILLING_STACK, CONFIG_MAP, POD, Key
from billing_operator.kube.client import ApiCluster, open_client
from billing_operator.metrics import Metrics
from support.operator.builders import a_body, an_object
from support.operator.http_server import serving
from unit.billing_operator.kube.answering import Answering

SHOP = Key("payments", "shop")
CHILD = an_object("ConfigMap", "shop-profile", uid="1")


@pytest.fixture
async def server() -> Answering:
    return Answering()


@pytest.fixture
async def address(server: Answering) -> AsyncIterator[str]:
    async with serving(server.answer) as there:
        yield there


async def connected(address: str, *namespaces: str) -> tuple[ApiCluster, ApiClient]:
    client = ApiClient(Configuration(host=address, api_key={"BearerToken": "Bearer hush"}))
    return ApiCluster(client, Metrics(), namespaces=namespaces, timeout=2.0), client


@pytest.fixture
async def cluster(address: str) -> AsyncIterator[ApiCluster]:
    made, client = await connected(address)
    yield made
    await client.close()


async def test_an_apply_is_forced_strict_and_ours(cluster: ApiCluster, server: Answering) -> None:
    await cluster.apply(CHILD)

    assert server.asked == [
        (
            "PATCH",
            "/api/v1/namespaces/payments/configmaps/shop-profile",
            {"fieldManager": "billing-operator", "force": "true", "fieldValidation": "Strict"},
            CHILD,
        )
    ]
    assert server.content_type == "application/apply-patch+yaml"


async def test_a_dry_run_is_an_apply_that_changes_nothing(
    cluster: ApiCluster, server: Answering
) -> None:
    await cluster.apply(CHILD, dry_run=True)

    ((_, _, query, _),) = server.asked
    assert query["dryRun"] == "All"


async def test_what_is_to_be_new_names_a_version_that_nothing_has(
    cluster: ApiCluster, server: Answering
) -> None:
    server.will_say(409, {"message": "modified"})
    with pytest.raises(Conflict):
        await cluster.apply(CHILD, new=True)

    ((_, _, _, body),) = server.asked
    assert body == CHILD | {"metadata": CHILD["metadata"] | {"resourceVersion": "1"}}


async def test_a_status_goes_to_its_subresource_and_to_the_stack_by_which_it_was_judged(
    cluster: ApiCluster, server: Answering
) -> None:
    await cluster.apply_status(a_body(version=7), {"observedGeneration": 1})
    ((method, path, query, body),) = server.asked

    # Somebody else may have edited it.
    assert query == {"fieldManager": "billing-operator", "force": "true"}
    place = "/apis/billing.antaeus.io/v1beta1/namespaces/payments/billingstacks/shop/status"
    assert (method, path) == ("PATCH", place)
    named = {"name": "shop", "uid": "stack-uid", "resourceVersion": "7"}
    assert body["metadata"] == named
    assert body["status"] == {"observedGeneration": 1}


async def test_exactly_the_known_object_is_deleted(cluster: ApiCluster, server: Answering) -> None:
    await cluster.delete(CHILD)

    ((method, _, _, body),) = server.asked
    assert (method, body) == ("DELETE", {"preconditions": {"uid": "1"}})


async def test_a_run_is_moved_only_as_it_was_last_seen(
    cluster: ApiCluster, server: Answering
) -> None:
    job = an_object("Job", "run", uid="1", version=7)
    await cluster.delete(job, unchanged=True)
    await cluster.resume(job)
    await cluster.annotate(job, {"a": "b"})

    known = {"uid": "1", "resourceVersion": "7"}
    bodies = [body for *_, body in server.asked]
    assert bodies == [
        {"preconditions": known, "propagationPolicy": "Background"},
        {"metadata": known, "spec": {"suspend": False}},
        {"metadata": known | {"annotations": {"a": "b"}}},
    ]
    assert server.content_type == "application/merge-patch+json"


async def test_what_has_gone_need_not_be_deleted(cluster: ApiCluster, server: Answering) -> None:
    server.will_say(404, {"message": "gone"})

    await cluster.delete(CHILD)


async def test_every_request_says_who_asks(cluster: ApiCluster, server: Answering) -> None:
    await cluster.read(CONFIG_MAP, SHOP)

    assert server.authorization == "Bearer hush"


async def test_the_server_is_asked_directly_whatever_proxy_there_is(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:0")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:0")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    client = open_client(Configuration(host=address))
    cluster = ApiCluster(client, Metrics(), namespaces=(), timeout=2.0)
    found = await cluster.read(CONFIG_MAP, SHOP)
    await client.close()

    assert found == {}


async def test_what_is_not_there_is_read_as_none(cluster: ApiCluster, server: Answering) -> None:
    server.will_say(404, {"message": "no such thing"})

    assert await cluster.read(CONFIG_MAP, SHOP) is None


async def test_an_annotation_is_merged_into_the_pod(cluster: ApiCluster, server: Answering) -> None:
    await cluster.annotate_pod(Key("payments", "pod"), {"a": "b"})

    ((method, path, _, body),) = server.asked
    assert (method, path) == ("PATCH", "/api/v1/namespaces/payments/pods/pod")
    assert body == {"metadata": {"annotations": {"a": "b"}}}
    assert server.content_type == "application/merge-patch+json"


def page(*names: str, version: int, more: str | None = None) -> dict[str, Any]:
    items = [{"metadata": {"name": name}} for name in names]
    return {"items": items, "metadata": {"resourceVersion": str(version), "continue": more}}


async def test_a_long_list_is_read_page_by_page(cluster: ApiCluster, server: Answering) -> None:
    server.will_say(200, page("a", version=7, more="next"))
    server.will_say(200, page("b", version=7))
    pages = [page async for page in cluster.pages(POD)]

    assert [[pod["metadata"]["name"] for pod in page.items] for page in pages] == [["a"], ["b"]]
    assert {pod["kind"] for page in pages for pod in page.items} == {"Pod"}
    assert {page.version for page in pages} == {7}
    first, second = (query for _, _, query, _ in server.asked)
    assert first == {
        "limit": "50",
        "labelSelector": "billing.antaeus.io/stack",
    }
    assert second == first | {"continue": "next"}


async def test_each_namespace_is_listed(address: str, server: Answering) -> None:
    server.will_say(200, page("a", version=9))
    server.will_say(200, page("b", version=7))
    cluster, client = await connected(address, "one", "two")
    versions = [page.version async for page in cluster.pages(BILLING_STACK)]
    await client.close()

    assert versions == [9, 7]
    assert [path.split("/")[5] for _, path, _, _ in server.asked] == ["one", "two"]


async def test_the_pods_of_one_stack_are_listed_in_its_namespace(
    cluster: ApiCluster, server: Answering
) -> None:
    server.will_say(200, page(version=1))
    await cluster.list_stack(POD, SHOP)
    ((_, path, query, _),) = server.asked

    assert path == "/api/v1/namespaces/payments/pods"
    assert query["labelSelector"] == "billing.antaeus.io/stack=shop"


@pytest.mark.parametrize(
    ("status", "kind", "reason", "again"),
    [
        (400, Refused, "ApplyRejected", 600.0),
        (422, Refused, "ApplyRejected", 600.0),
        (403, ClusterError, "Forbidden", None),
        (404, NotFound, "NotFound", None),
        (409, Conflict, "Conflict", 1.0),
        (429, ClusterError, "ApiServerError", 7.0),
        (500, ClusterError, "ApiServerError", 7.0),
    ],
)
async def test_a_refusal_is_told_to_whoever_must_act(
    cluster: ApiCluster,
    server: Answering,
    status: int,
    kind: type[Fault],
    reason: str,
    again: float | None,
) -> None:
    server.will_say(status, {"message": "why not"}, Retry_After="7")
    with pytest.raises(kind, match="why not") as caught:
        await cluster.apply(CHILD)

    assert (caught.value.reason, caught.value.retry_seconds) == (reason, again)


async def test_a_mistake_that_is_not_the_users_is_the_operators(
    cluster: ApiCluster, server: Answering
) -> None:
    server.will_say(400, {"message": "bad request"})
    with pytest.raises(ClusterError):
        await cluster.create(CHILD)


async def test_what_comes_back_besides_words_stays_untold(
    cluster: ApiCluster, server: Answering
) -> None:
    server.will_say(500, b'{"data": {"token": "hush"}}')
    with pytest.raises(ClusterError, match="HTTP 500") as caught:
        await cluster.create(an_object("Secret", "shop-token"))

    assert "hush" not in str(caught.value)


async def test_a_server_that_is_away_is_a_fault_of_the_cluster() -> None:
    cluster, client = await connected("http://127.0.0.1:0")
    with pytest.raises(ClusterError) as caught:
        await cluster.read(CONFIG_MAP, SHOP)
    await client.close()

    assert (caught.value.reason, caught.value.status) == ("ApiServerUnreachable", 0)


async def test_a_status_that_is_refused_is_no_mistake_of_the_spec(
    cluster: ApiCluster, server: Answering
) -> None:
    server.will_say(422, {"message": "too long"})
    with pytest.raises(ClusterError, match="too long"):
        await cluster.apply_status(a_body(), {})


async def test_a_namespace_that_is_being_deleted_is_told_from_a_missing_right(
    cluster: ApiCluster, server: Answering
) -> None:
    causes = [{"reason": "NamespaceTerminating", "message": "namespace payments is terminated"}]
    server.will_say(403, {"message": "forbidden", "details": {"causes": causes}})
    with pytest.raises(NamespaceLeaving):
        await cluster.create(CHILD)


async def test_who_set_what_is_rewritten_only_in_the_version_that_was_read(
    cluster: ApiCluster, server: Answering
) -> None:
    entries = [{"manager": "billing-operator", "operation": "Apply"}]
    await cluster.rewrite_field_owners(CHILD, entries)

    ((method, path, _, body),) = server.asked
    assert (method, path) == ("PATCH", "/api/v1/namespaces/payments/configmaps/shop-profile")
    assert body == {"metadata": {"uid": "1", "resourceVersion": "1", "managedFields": entries}}
    assert server.content_type == "application/merge-patch+json"
