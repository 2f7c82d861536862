"""The application on the operations port: probes, metrics, profile and tokens in effect."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import falcon
from prometheus_client.exposition import choose_encoder

from payment_service.api.request_rules import Route
from payment_service.live.effective import EffectiveProfile
from payment_service.live.mounted import Mounted
from payment_service.metrics import Metrics
from payment_service.profile.document import content_hash
from payment_service.totals import Totals

# The versions of formats that the client library knows; it fails on one that is no number.
_VERSIONS = ("0.0.1", "0.0.4", "1.0.0", "2.0.0")
_QUOTED = re.compile(r'"([A-Za-z0-9._-]+)"')

App = falcon.App[falcon.Request, falcon.Response]


@dataclass(frozen=True, slots=True)
class Health:
    """How the process is."""

    alive: Callable[[], bool]
    """Whether all its own threads run, and none of them hangs."""
    ready: Callable[[], bool]
    """Whether it takes new charges."""
    log: Callable[[], dict[str, object]]
    """How its log is. That is told and no reason to end: a restart would lose what waits there."""
    draining: Callable[[], dict[str, object]]
    """Whether it is about to end, and still takes charges."""


class ProbeResource(Route):
    """200 as long as the question is answered with yes, else 503; `more` is told with either."""

    def __init__(
        self, ask: Callable[[], bool], yes: str, no: str, more: Callable[[], dict[str, object]]
    ) -> None:
        self._ask = ask
        self._yes = yes
        self._no = no
        self._more = more

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        fine = self._ask()
        response.status = falcon.HTTP_200 if fine else falcon.HTTP_503
        response.media = {"status": self._yes if fine else self._no, **self._more()}


class MetricsResource(Route):
    """The metrics, in the format that the scraper asks for."""

    def __init__(self, metrics: Metrics) -> None:
        self._registry = metrics.registry

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        accepted = _understood(request.get_header("Accept") or "")
        encode, content_type = choose_encoder(accepted)
        response.content_type = content_type
        response.data = encode(self._registry)


def _understood(accept: str) -> str:
    """Returns of an Accept header what the client library can read: no quotes, known versions."""
    ranges = _QUOTED.sub(r"\1", accept).split(",")
    return ",".join(each for each in ranges if _version(each) in (*_VERSIONS, None))


def _version(media_range: str) -> str | None:
    for parameter in media_range.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "version":
            return value
    return None


class TotalsResource(Route):
    """What this process has accepted since it started, by currency."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_JSON
        response.data = self._totals.text.encode()


class ProfileResource(Route):
    """Which profile is in effect, what was wrong with a newer one, and which tokens are valid."""

    def __init__(self, mounted: Mounted, effective: EffectiveProfile) -> None:
        self._file = mounted.profile
        self._tokens = mounted.tokens
        self._effective = effective

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        effective, refused = self._effective.in_effect, self._file.refused
        loaded = effective.loaded
        document: dict[str, object] = {
            "hash": loaded.hash,
            "source": effective.source,
            "profile": loaded.profile.as_json(),
            "faults": [entry.as_json() for _, entry in effective.faults],
        }
        if refused is not None:
            content, mistakes = refused
            newer = None if content is None else content_hash(content)
            document["refused"] = {"hash": newer, "mistakes": list(mistakes.texts)}
        # By their names only; null where every caller may charge.
        document["tokens"] = None if self._tokens is None else list(self._tokens.current.ids)
        response.media = document


def create_ops_app(
    health: Health,
    metrics: Metrics,
    totals: Totals,
    mounted: Mounted,
    effective: EffectiveProfile,
) -> App:
    """Returns the application for kubelet, the operator and the monitoring."""
    app: App = falcon.App()
    alive = ProbeResource(health.alive, "alive", "a thread has ended, or hangs", health.log)
    app.add_route("/livez", alive)
    app.add_route(
        "/readyz", ProbeResource(health.ready, "ready", "not taking charges", health.draining)
    )
    app.add_route("/metrics", MetricsResource(metrics))
    app.add_route("/totals", TotalsResource(totals))
    app.add_route("/profile", ProfileResource(mounted, effective))
    return app
