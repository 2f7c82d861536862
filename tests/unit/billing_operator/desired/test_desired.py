"""What a stack consists of: the samples against their reviewed rendering, and what must hold."""

from pathlib import Path
from typing import Any

import pytest

from billing_dev.render.samples import GOLDEN, SAMPLES, rendered
from billing_operator.desired import antaeus, desired, ingress, isolation, payment, profile
from billing_operator.kinds import Manifest, ref
from payment_service.profile.document import LoadedProfile, Profile
from support.operator.builders import a_stack, a_token, an_installation


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_renders_as_it_was_reviewed(sample: Path) -> None:
    assert rendered(sample) == (GOLDEN / sample.name).read_text(), "see `make render`"


def groups(**spec: Any) -> tuple[tuple[Manifest, ...], ...]:
    stack = a_stack(**spec)
    template = antaeus.template(stack, a_token(), an_installation())
    return desired(stack, a_token(), an_installation(), antaeus_template=template)


def test_pods_come_after_everything_that_they_need() -> None:
    prerequisites, pods, rest = groups(
        antaeus={"ingress": {"enabled": True}}, payment={"autoscaling": {"maxReplicas": 2}}
    )

    assert {manifest["kind"] for manifest in pods} == {"Deployment"}
    assert "Deployment" not in {manifest["kind"] for manifest in prerequisites}
    # Without the right to it there are pods all the same.
    assert {manifest["kind"] for manifest in rest} == {
        "CronJob",
        "HorizontalPodAutoscaler",
        "Ingress",
        "PodDisruptionBudget",
    }


def test_every_child_belongs_to_the_stack() -> None:
    for manifest in (each for group in groups() for each in group):
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["controller"]) == ("stack-uid", True)
        # Setting it would take a right on the stack that nothing else needs.
        assert "blockOwnerDeletion" not in owner


def test_without_isolation_there_is_no_policy() -> None:
    prerequisites, *_ = groups(networkPolicy={"enabled": False})

    assert "NetworkPolicy" not in {manifest["kind"] for manifest in prerequisites}


def test_two_antaeus_never_run_side_by_side() -> None:
    deployment = antaeus.deployment(a_stack(), {})

    assert deployment["spec"]["strategy"]["type"] == "Recreate"


def test_a_new_payment_pod_is_ready_before_an_old_one_leaves() -> None:
    deployment = payment.deployment(a_stack(), a_token(), an_installation())

    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_a_profile_is_told_apart_by_the_very_bytes_that_payment_reads() -> None:
    stack = a_stack(payment={"successRate": 0.8, "seed": 0})
    mounted = profile.config_map(stack)["data"]["profile.json"].encode()
    read = LoadedProfile.from_file_content(mounted)

    assert read == LoadedProfile(Profile(success_rate=0.8, seed=0), profile.digest(stack))
    assert profile.digest(stack) != profile.digest(a_stack(payment={"successRate": 0.8}))


def test_a_change_of_the_profile_leaves_every_pod_as_it_is() -> None:
    before, after = (groups(payment={"successRate": rate})[1] for rate in (0.1, 0.9))

    assert before == after


@pytest.mark.parametrize(
    "change",
    [
        {"image": "example.test/antaeus:2"},
        {"imagePullPolicy": "Always"},
        {"startupSeconds": 60},
        {"env": [{"name": "A", "value": "b"}]},
        {"resources": {"limits": {"memory": "1Gi"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_user_chooses_about_antaeus_pod_has_a_digest_of_its_own(change: Manifest) -> None:
    plain = antaeus.template_origin(a_stack(), a_token())

    assert antaeus.template_origin(a_stack(antaeus=change), a_token()) != plain


@pytest.mark.parametrize("seconds", [10, 11, 300, 3600])
def test_antaeus_is_not_started_again_before_its_time_is_over(seconds: int) -> None:
    """The first probe fails at once, and each further one a period later."""
    template = antaeus.template(
        a_stack(antaeus={"startupSeconds": seconds}), a_token(), an_installation()
    )
    probe = template["spec"]["containers"][0]["startupProbe"]

    last = (probe["failureThreshold"] - 1) * probe["periodSeconds"]
    assert seconds <= last <= seconds + probe["periodSeconds"]


def test_a_stack_that_hibernates_differs_in_nothing_but_its_replicas() -> None:
    replicas = {"payment": {"replicas": 2}}
    awake, asleep = groups(**replicas), groups(hibernate=True, **replicas)

    assert (awake[0], awake[2]) == (asleep[0], asleep[2])
    for one, other in zip(awake[1], asleep[1], strict=True):
        assert (one["spec"].pop("replicas") > 0, other["spec"].pop("replicas")) == (True, 0)
        assert one == other


@pytest.mark.parametrize(
    "change",
    [
        {"replicas": 0},
        {"service": {"type": "NodePort"}},
        {"ingress": {"enabled": True}},
        {"new": 1},
    ],
    ids=[
        "the number of pods",
        "the type of the service",
        "an ingress",
        "a field that is not known",
    ],
)
def test_what_does_not_shape_antaeus_pod_leaves_its_digest_alone(change: Manifest) -> None:
    plain = antaeus.template_origin(a_stack(), a_token())

    assert antaeus.template_origin(a_stack(antaeus=change), a_token()) == plain


def test_the_digest_of_a_choice_is_the_same_in_every_version_of_the_operator() -> None:
    # A field that nobody has set must change no digest: it would restart every Antaeus.
    assert antaeus.template_origin(a_stack(), a_token()) == "9d5a9e3d626c1cec"


def test_another_token_starts_antaeus_anew_and_another_default_image_does_not() -> None:
    plain = antaeus.template_origin(a_stack(), a_token("first"))

    assert antaeus.template_origin(a_stack(), a_token("second")) != plain
    first, second = (
        antaeus.template(a_stack(), a_token(), an_installation(antaeus_image=image))
        for image in ("example.test/antaeus:1", "example.test/antaeus:2")
    )
    assert first != second
    assert first["metadata"] == second["metadata"]


def test_an_empty_list_of_resources_is_sent_as_nothing() -> None:
    stack = a_stack(payment={"resources": {"limits": {}, "requests": {"cpu": "1"}}})
    deployment = payment.deployment(stack, a_token(), an_installation())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]

    assert container["resources"] == {"requests": {"cpu": "1"}}


def test_a_users_variables_come_after_the_operators_own() -> None:
    stack = a_stack(antaeus={"env": [{"name": "A", "value": "b"}]})
    (container,) = antaeus.template(stack, a_token(), an_installation())["spec"]["containers"]

    assert [each["name"] for each in container["env"]][-1] == "A"


def test_an_ingress_leads_its_host_to_antaeus() -> None:
    [plain] = ingress.ingresses(a_stack(antaeus={"ingress": {"enabled": True}}))
    [rule] = plain["spec"]["rules"]

    assert rule["host"] == "antaeus.local"
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "shop-antaeus", "port": {"name": "http"}}
    assert "annotations" not in plain["metadata"]
    assert set(plain["spec"]) == {"rules"}
    assert ingress.ingresses(a_stack(antaeus={"ingress": {"host": "billing.test"}})) == ()


def test_an_ingress_says_who_serves_it_and_with_which_certificate() -> None:
    chosen = {"host": "billing.test", "className": "own", "tlsSecretName": "certificate"}
    asked = {"enabled": True, "annotations": {"example.test/a": "b"}, **chosen}
    [found] = ingress.ingresses(a_stack(antaeus={"ingress": asked}))

    assert found["metadata"]["annotations"] == {"example.test/a": "b"}
    assert found["spec"]["ingressClassName"] == "own"
    assert found["spec"]["tls"] == [{"hosts": ["billing.test"], "secretName": "certificate"}]


def test_only_this_stacks_antaeus_reaches_the_port_for_charges() -> None:
    policies = {ref(each).name: each for each in isolation.policies(a_stack(), an_installation())}
    charging = policies["shop-payment"]["spec"]["ingress"][0]

    assert charging["from"] == [
        {
            "podSelector": {
                "matchLabels": {
                    "billing.antaeus.io/part": "antaeus",
                    "billing.antaeus.io/stack": "shop",
                }
            }
        }
    ]
    assert [port["port"] for port in charging["ports"]] == [9000]


def test_no_manifest_shares_a_value_with_another_call() -> None:
    one = groups()
    one[0][0]["metadata"]["labels"]["spoiled"] = "yes"

    assert "spoiled" not in groups()[0][0]["metadata"]["labels"]
