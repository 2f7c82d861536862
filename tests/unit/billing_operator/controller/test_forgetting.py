"""After a stack has gone nothing of it is left, in whatever object of the operator it stood."""

import asyncio
import gc
import types
from collections import deque
from typing import Any

from billing_operator.apps.answers import Calls, Counts
from billing_operator.controller.controller import Controller
from billing_operator.errors import Refused
from billing_operator.kinds import BY_NAME, POD, Key
from billing_operator.runs.report import RunReport
from billing_operator.settings import Settings
from support.operator.builders import a_body, a_pod, a_reading
from support.operator.fake_time import in_fake_time
from support.operator.in_memory import SHOP, OperatorInMemory
from support.operator.run_manifests import a_job, a_run_pod

UID = "stack-uid-7f3a"
SETTINGS = Settings(
    antaeus_image="a", payment_image="p", operator_image="o", operator_namespace="n"
)
# What a feature remembers of a stack by the stack's uid.
PARTS = {
    "billing_operator.books.counter",
    "billing_operator.children.admission",
    "billing_operator.children.writer",
    "billing_operator.controller.lost_status",
    "billing_operator.invoices.readings",
    "billing_operator.profile.rollout",
    "billing_operator.invoices.activity",
    "billing_operator.runs.controller",
    "billing_operator.tokens.rotation",
    "billing_operator.tokens.store",
}
_OTHER = {"app.kubernetes.io/managed-by": "other"}
# They lead to all code there is, and hold no state of a stack.
CODE = (type, types.ModuleType, types.FunctionType, types.CodeType, types.FrameType)


class Scene:
    """One stack, of which every feature knows something; its passes are made by hand."""

    def __init__(self) -> None:
        self.operator = OperatorInMemory(a_body(uid=UID))
        operator = self.operator
        self.controller = Controller(
            operator.dependencies, SETTINGS, operator.metrics, reconcile=self.look_on
        )

    async def look_on(self, place: Key) -> None:
        """Stands for the pass of the queue."""

    async def remember_everything(self) -> None:
        """A refused child, a rotation, a profile on its way, a run, and a reading of invoices."""
        operator = self.operator
        operator.cluster.admission = lambda live: live["metadata"]["labels"].update(_OTHER)
        await self.controller.start()
        await operator.bring_up()
        operator.apps.counts["shop"] = Counts(2, 8)
        operator.apps.taken["shop-payment-0"] = Calls(taken=5, held=0)
        operator.dependencies.readings.note(UID, a_reading(2, 8))
        ended = a_pod()
        ended["status"]["containerStatuses"][0]["lastState"] = {
            "terminated": {"message": '{"currencies": []}'}
        }
        ended["status"]["containerStatuses"][0]["restartCount"] = 1
        self.controller.on_watch_event(POD, ended, deleted=False)
        said = a_run_pod(report=RunReport(explanation="no leave"))
        self.controller.on_watch_event(POD, said, deleted=True)
        cron = operator.cluster.must_get("CronJob", "shop-billing")
        operator.cluster.have(
            a_job(owner=cron["metadata"]["uid"], made=operator.utc_now().isoformat())
        )
        operator.annotate(rotate_token="1")
        operator.change(payment={"successRate": 0.5})
        operator.now += 100.0
        await operator.reconcile()
        operator.change(payment={"successRate": 0.5, "replicas": 3})
        operator.cluster.faults["apply", "Deployment"] = Refused("no")
        await operator.reconcile()

    async def end(self) -> None:
        """The stack is deleted and Kubernetes removes all that it owned; the watches tell."""
        for (kind, place), live in list(self.operator.cluster.objects.items()):
            del self.operator.cluster.objects[kind, place]
            if kind not in ("Event", "Secret"):
                self.controller.on_watch_event(BY_NAME[kind], live, deleted=True)
        # Each of them leads to a last pass.
        await asyncio.sleep(1)

    def traces(self) -> list[str]:
        """All that the operator's own objects still have of the stack."""
        # The last thousands that were deleted are kept apart from stacks, whichever they were of.
        deleted = self.operator.dependencies.inventory.__dict__["_deleted"]
        others = self.operator, self.operator.cluster, self.operator.apps, deleted
        series = [
            f"{sample.name}{sample.labels}"
            for metric in self.operator.metrics.registry.collect()
            for sample in metric.samples
            if sample.labels.get("stack") == SHOP.name
        ]
        return series + [str(each) for each in reached(self.controller, *others) if is_of_it(each)]


def is_of_it(thing: object) -> bool:
    return thing == SHOP or (isinstance(thing, str) and UID in thing)


def reached(root: object, *without: object) -> list[Any]:
    """All objects to which an object leads, some excepted, and code."""
    known = {id(each) for each in without}
    found: list[Any] = []
    line = deque([root])
    while line:
        each = line.popleft()
        if id(each) in known or isinstance(each, CODE):
            continue
        known.add(id(each))
        found.append(each)
        line.extend(gc.get_referents(each))
        if isinstance(each, dict):
            # Keys that are texts are none of the referents.
            line.extend(each)
    return found


@in_fake_time
async def test_every_feature_remembers_something_of_a_stack_that_is_there() -> None:
    scene = Scene()
    await scene.remember_everything()
    parts = scene.operator.dependencies.memories.__dict__["_stacks"][UID]

    assert {part.__module__ for part in parts} == PARTS
    assert [part for part in parts if parts[part] == part()] == []
    await scene.controller.stop()


@in_fake_time
async def test_nothing_is_left_of_a_stack_that_has_gone() -> None:
    scene = Scene()
    await scene.remember_everything()
    assert scene.traces() != []
    await scene.end()

    assert scene.traces() == []
    await scene.controller.stop()


@in_fake_time
async def test_what_a_pass_remembers_after_the_end_of_its_stack_goes_with_the_next_resync() -> None:
    scene = Scene()
    await scene.remember_everything()
    await scene.end()
    scene.operator.dependencies.readings.note(UID, a_reading())
    assert scene.traces() != []
    await scene.controller.resync()

    assert scene.traces() == []
    await scene.controller.stop()


def test_the_walk_finds_what_an_object_holds() -> None:
    holder = {"by name": [(SHOP, "other")], f"{UID}/0": {}}
    found = [each for each in reached(holder) if is_of_it(each)]

    assert sorted(found, key=str) == [SHOP, f"{UID}/0"]
