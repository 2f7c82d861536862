"""The operator's settings: read once from the environment, every mistake told at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from billing_operator import __version__
from billing_operator.escapes import escaped
from billing_operator.inputs import Installation


class BadSettings(Exception):
    """One or more settings can't be used; the message names each and what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this operator runs. Each field is BILLING_ and its name in capitals in the environment.

    Attributes:
        namespaces: where it looks after stacks; empty for the whole cluster.
        operator_namespace: where it runs itself.
        antaeus_image: for stacks that name none.
        payment_image: for stacks that name none.
        operator_image: the operator's own, in which billing runs are made as well.
        resync_seconds: how often everything is compared again, whatever the watches told.
        invoices_seconds: how often each Antaeus is asked for its invoices.
        quiet_seconds: how long Antaeus and payment must stand still after a call whose end nobody
            saw, before a billing run begins. At least 120: Antaeus tries a charge twice, each time
            with 30 s to connect and 30 s to read, and nothing need be seen of it meanwhile.
        watch_silence_seconds: after which a watch that tells nothing is opened anew.
        workers: stacks reconciled at the same time.
        request_timeout_seconds: for each request to the API server.
        lease_name: of the Lease in operator_namespace whose holder works, of several replicas.
        pod_name: names this replica in the Lease; empty for a name of its own at each start.
        http_port: where /healthz, /readyz and /metrics answer.
        log_level: debug, info, warning or error.
    """

    antaeus_image: str
    payment_image: str
    operator_image: str
    operator_namespace: str
    namespaces: tuple[str, ...] = ()
    resync_seconds: float = 300.0
    invoices_seconds: float = 10.0
    quiet_seconds: float = 150.0
    watch_silence_seconds: float = 70.0
    workers: int = 8
    request_timeout_seconds: float = 30.0
    lease_name: str = "billing-operator"
    pod_name: str = ""
    http_port: int = 8080
    log_level: str = "info"

    @property
    def installation(self) -> Installation:
        """What manifests and statuses depend on."""
        images = self.antaeus_image, self.payment_image, self.operator_image
        return Installation(self.operator_namespace, *images, __version__)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads BILLING_* variables.

        Raises:
            BadSettings: with a line for each variable that is missing or can't be used.
        """
        values: dict[str, Any] = {}
        mistakes = []
        for field in fields(cls):
            name = f"BILLING_{field.name.upper()}"
            text = environ.get(name)
            if text is None:
                if field.name in _NEEDED:
                    mistakes.append(f"{name} is missing: {_NEEDED[field.name]}")
                continue
            try:
                values[field.name] = _PARSERS.get(field.name, _text)(text)
            except ValueError as error:
                mistakes.append(f"{name}: {text!r} {error}")
        known = {f"BILLING_{field.name.upper()}" for field in fields(cls)}
        unknown = sorted(n for n in environ if n.startswith("BILLING_") and n not in known)
        mistakes += [f"{name} is no setting of this version" for name in unknown]
        if mistakes:
            raise BadSettings("\n".join(map(escaped, mistakes)))
        return cls(**values)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _number(least: float, most: float, cast: Callable[[str], float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        kind = "a whole number" if cast is int else "a number"
        try:
            value = cast(text)
        except ValueError:
            raise ValueError(f"is no {kind[2:]}; {kind} from {least:g} to {most:g} is") from None
        if not least <= value <= most:
            raise ValueError(f"is out of range: {kind} from {least:g} to {most:g}")
        return value

    return parse


def _level(text: str) -> str:
    if text not in ("debug", "info", "warning", "error"):
        raise ValueError("is no log level: one of debug, info, warning, error")
    return text


_NEEDED = {
    "antaeus_image": "the image of Antaeus for stacks that name none",
    "payment_image": "the image of payment for stacks that name none",
    "operator_image": "the operator's own image, for billing runs",
    "operator_namespace": "the namespace that the operator runs in",
}
_PARSERS: dict[str, Callable[[str], Any]] = {
    "namespaces": lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
    "resync_seconds": _number(0.1, 86400, float),
    "invoices_seconds": _number(0.1, 3600, float),
    "quiet_seconds": _number(120, 86400, float),
    "watch_silence_seconds": _number(1, 280, float),
    "workers": _number(1, 256, int),
    "request_timeout_seconds": _number(0.1, 300, float),
    "http_port": _number(1, 65535, int),
    "log_level": _level,
}
