"""What looks after one stack after the other works with; each is there once for all of them."""

from dataclasses import dataclass

from billing_operator.announcer import Announcer
from billing_operator.child_writer import ChildWriter
from billing_operator.cluster import Cluster
from billing_operator.inventory import Inventory
from billing_operator.metrics import Metrics
from billing_operator.profile_rollout import ProfileRollout
from billing_operator.readings import Readings
from billing_operator.run_keeper import RunKeeper
from billing_operator.token_keeper import TokenKeeper
from billing_operator.token_rotation import TokenRotation


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts between which there is no order."""

    cluster: Cluster
    inventory: Inventory
    writer: ChildWriter
    tokens: TokenKeeper
    profiles: ProfileRollout
    rotation: TokenRotation
    readings: Readings
    runs: RunKeeper
    announcer: Announcer
    metrics: Metrics
