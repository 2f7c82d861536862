"""Kubernetes' own controllers, as far as a stack needs them: of Deployments and of Jobs."""

import asyncio
import itertools
import json
import zlib
from dataclasses import dataclass, field

from billing_operator.kinds import Manifest, conditions_of, timestamp
from billing_operator.names import ANTAEUS, BILLING, PAYMENT, labels
from support.operator.builders import an_object
from unit.billing_operator.model.antaeus import moment
from unit.billing_operator.model.kubelet import Kubelet
from unit.billing_operator.model.server import Server, name_of

_SECONDS = 0.1
_KINDS = ("Deployment", "Job", "Pod")


@dataclass
class Controllers:
    """Look at everything a moment after each change."""

    server: Server
    kubelet: Kubelet
    # By uid of a Job, the pod that was made for it, while it is not suspended.
    _made: dict[str, str] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _due: bool = False

    def on_change(self, live: Manifest, deleted: bool) -> None:  # noqa: FBT001 - as a Listener
        """Plans to look."""
        del deleted
        if live["kind"] in _KINDS and not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(_SECONDS, self._look)

    def _look(self) -> None:
        self._due = False
        for part in (ANTAEUS, PAYMENT):
            live = self.server.get("Deployment", f"shop-{part}")
            if live:
                self._deployment(part, live)
        for job in self.server.all_of("Job"):
            self._job(self.server.must_get("Job", name_of(job)))
        self._collect()

    def _deployment(self, part: str, live: Manifest) -> None:
        template = live["spec"]["template"]
        of_set = f"shop-{part}-{zlib.crc32(json.dumps(template, sort_keys=True).encode()):x}"
        pods = [pod for pod in self.server.all_of("Pod") if _is_made_for(pod, part)]
        newest = [pod for pod in pods if _owner(pod)["name"] == of_set]
        wanted = live["spec"].get("replicas", 1)
        staying = [pod for pod in newest if not _ends(pod)]
        for pod in [*staying[wanted:], *(pod for pod in pods if pod not in newest)]:
            self.kubelet.end(self.kubelet.pods[pod["metadata"]["uid"]])
        # Antaeus is Recreate: what is of another template has gone before the next comes.
        if part != ANTAEUS or len(pods) == len(newest):
            for _ in range(wanted - len(staying)):
                self.server.have(self._pod(part, of_set, template))
        ready = [pod for pod in staying if _is_ready(pod)]
        status = {
            "observedGeneration": live["metadata"]["generation"],
            "replicas": len([pod for pod in pods if not _ends(pod)]),
            "updatedReplicas": len(staying),
            "readyReplicas": len(ready),
        }
        if live.get("status") != status:
            self.server.have(live | {"status": status})

    def _pod(self, part: str, of_set: str, template: Manifest) -> Manifest:
        owner = {"kind": "ReplicaSet", "name": of_set, "uid": of_set, "controller": True}
        name = f"shop-{part}-{next(self._numbers)}"
        annotations = dict(template["metadata"].get("annotations") or {})
        labels_of_pod = template["metadata"]["labels"]
        meta = {"labels": labels_of_pod, "annotations": annotations}
        meta["creationTimestamp"] = self._now()
        pod = an_object("Pod", name, ownerReferences=[owner], **meta)
        pod["spec"] = {"nodeName": "node-1", "containers": template["spec"]["containers"]}
        return pod | {"status": {"phase": "Pending"}}

    def _job(self, job: Manifest) -> None:
        uid = job["metadata"]["uid"]
        pods = [pod for pod in self.server.all_of("Pod") if _owner(pod).get("uid") == uid]
        if conditions_of(job.get("status")):
            return
        if job["spec"].get("suspend"):
            self._made.pop(uid, None)
            for pod in pods:
                self.kubelet.end(self.kubelet.pods[pod["metadata"]["uid"]])
            if job["status"].pop("startTime", None):
                self.server.have(job)
        elif uid not in self._made:
            # podReplacementPolicy: Failed
            if not pods:
                self._begin(job)
        else:
            self._end(job, pods)

    def _begin(self, job: Manifest) -> None:
        uid, name = job["metadata"]["uid"], f"{name_of(job)}-{next(self._numbers)}"
        owner = {"kind": "Job", "name": name_of(job), "uid": uid, "controller": True}
        pod = an_object("Pod", name, labels=labels("shop", BILLING), ownerReferences=[owner])
        containers = [{"name": BILLING, "image": "o:1"}]
        pod["spec"] = {"nodeName": "node-1", "restartPolicy": "Never", "containers": containers}
        self._made[uid] = pod["metadata"]["uid"]
        job["status"]["startTime"] = self._now()
        self.server.have(job)
        self.server.have(pod | {"status": {"phase": "Pending"}})

    def _end(self, job: Manifest, pods: list[Manifest]) -> None:
        uid = self._made[job["metadata"]["uid"]]
        pod = next((pod for pod in pods if pod["metadata"]["uid"] == uid), None)
        phase = pod["status"].get("phase") if pod else "Failed"
        kind = {"Failed": "Failed", "Succeeded": "Complete"}.get(phase or "")
        if kind:
            reason = "BackoffLimitExceeded" if kind == "Failed" else "CompletionsReached"
            condition = {"type": kind, "status": "True", "reason": reason}
            job["status"] = {**job["status"], "conditions": [condition]}
            self.server.have(job)

    def _collect(self) -> None:
        """Ends pods whose Job has gone."""
        jobs = {job["metadata"]["uid"] for job in self.server.all_of("Job")}
        for pod in list(self.server.all_of("Pod")):
            owner = _owner(pod)
            if owner.get("kind") == "Job" and owner["uid"] not in jobs and not _ends(pod):
                self.kubelet.end(self.kubelet.pods[pod["metadata"]["uid"]])

    def _now(self) -> str:
        return timestamp(moment(asyncio.get_running_loop().time()))


def _owner(pod: Manifest) -> Manifest:
    owners = pod["metadata"].get("ownerReferences") or [{}]
    owner: Manifest = owners[0]
    return owner


def _is_made_for(pod: Manifest, part: str) -> bool:
    owner = _owner(pod)
    return owner.get("kind") == "ReplicaSet" and owner["name"].startswith(f"shop-{part}-")


def _ends(pod: Manifest) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _is_ready(pod: Manifest) -> bool:
    return conditions_of(pod.get("status")).get("Ready", {}).get("status") == "True"
