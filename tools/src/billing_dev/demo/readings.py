"""What is read before and after billing, and what lies between the two."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from billing_dev.clients.antaeus_api import Counts

_NAME = "payment_charges_total"
_CHARGES = re.compile(r'^payment_charges_total\{.*outcome="(\w+)".*\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Charges:
    """How many charges a payment pod has decided, and how."""

    accepted: int = 0
    declined: int = 0

    def __add__(self, other: "Charges") -> "Charges":
        return Charges(self.accepted + other.accepted, self.declined + other.declined)

    def __sub__(self, other: "Charges") -> "Charges":
        return Charges(self.accepted - other.accepted, self.declined - other.declined)


@dataclass(frozen=True, slots=True)
class Reading:
    """Antaeus' invoices and the counters of every payment pod at one time."""

    invoices: Counts
    charges: Mapping[str, Charges]

    @property
    def all_charges(self) -> Charges:
        """The sum over all pods."""
        return sum(self.charges.values(), Charges())


def read_charges(metrics: str) -> Charges:
    """Adds up the counters on a payment pod's page of metrics, whatever the currency.

    A pod that has decided no charge yet has none of them. Raises KeyError for another page.
    """
    if f"# TYPE {_NAME} counter" not in metrics:
        raise KeyError(_NAME)
    counts: Counter[str] = Counter()
    for outcome, value in _CHARGES.findall(metrics):
        counts[outcome] += int(float(value))
    return Charges(accepted=counts["accepted"], declined=counts["declined"])


def uncounted(before: Reading, after: Reading) -> list[str]:
    """The pods whose counters tell nothing: they came, went or began anew between the readings."""
    changed = set(before.charges) ^ set(after.charges)
    for pod in set(before.charges) & set(after.charges):
        gained = after.charges[pod] - before.charges[pod]
        if min(gained.accepted, gained.declined) < 0:
            changed.add(pod)
    return sorted(changed)
