"""Puts the parts together: from settings to the ports that serve."""

import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from payment_service.api.charge_app import create_app
from payment_service.api.control_app import create_control_app
from payment_service.api.control_resources import LARGEST_BODY, ControlService
from payment_service.api.ops_app import Health, create_ops_app
from payment_service.api.problems import refusal_as_problem
from payment_service.cashier.books import Environment
from payment_service.cashier.cashier import Cashier, DecideOutcome
from payment_service.cashier.records import ChargeLog
from payment_service.files import Impatient
from payment_service.ids import new_charge_id
from payment_service.live.effective import EffectiveProfile
from payment_service.live.mounted import Mounted
from payment_service.live.repeated import Repeated
from payment_service.live.watcher import AnyLive, Watcher
from payment_service.log.lines import Lines
from payment_service.metrics import Metrics, Moment, State
from payment_service.outcome.outcome import decide_outcome
from payment_service.server.port import Limits, Port
from payment_service.settings import Settings
from payment_service.state.interface import StoreLostError
from payment_service.state.opening import open_state
from payment_service.text.timestamps import timestamp
from payment_service.totals import Totals

T = TypeVar("T")

CONNECTIONS = 500
"""How many can be open, besides those whose replies are deferred."""
OPS_CONNECTIONS = 200
CONTROL_CONNECTIONS = 100
CONTROL_THREADS = 2
_RELEASE_SECONDS = 2.0
_LAST_DECISION_SECONDS = 2.0
LONGEST_START = 10.0
"""Seconds that the files may take at the start."""
LATE_FILES_SECONDS = 10.0
"""How long ago the last whole look at the files may be in a process that is alive."""
LATE_FAULTS_SECONDS = 60.0
"""The same for the faults that were set; a resolver that looks for the store may take this long."""


class Service:
    """The whole service in this process."""

    def __init__(
        self, settings: Settings, lines: Lines, decide: DecideOutcome = decide_outcome
    ) -> None:
        """Reads the files and binds the ports; raises MistakesError or OSError (a taken port)."""
        self.settings = settings
        self.lines = lines
        self._replica = socket.gethostname()
        self.mounted = _of_files(lambda: Mounted.from_settings(settings))
        self.state = _of_files(lambda: open_state(settings))
        self.effective = EffectiveProfile(self.mounted.profile, self.state, time.monotonic)
        look = Watcher(self.mounted.all(), self._tell_news)
        self._files = Repeated("live-files", look, late_seconds=LATE_FILES_SECONDS)
        # A thread of its own, so that a fault ends in time whatever the file system does.
        self._faults = Repeated("live-faults", self._follow, late_seconds=LATE_FAULTS_SECONDS)
        self._followed_reset: str | None = None
        """The last reset of the state that is followed here; None before the first look."""
        self._resetting = threading.Lock()
        self._accepts = False
        self._draining = False
        metrics = Metrics()
        self.totals = _of_files(self._open_totals)
        self.charges = self._charge_port(decide, metrics)
        metrics.registry.register(State(self.mounted, self.effective, self._moment(), lines))
        health = Health(
            self._alive, lambda: self._accepts, self._log, lambda: {"draining": self._draining}
        )
        self.ops = Port(
            create_ops_app(health, metrics, self.totals, self.mounted, self.effective),
            (settings.host, settings.ops_port),
            Limits(settings.ops_threads, connections=OPS_CONNECTIONS, body=4096, unfinished=2**20),
        )
        self.control = self._control_port()

    def _open_totals(self) -> Totals:
        totals = Totals(
            self._replica,
            timestamp(time.time()),
            lambda why: self.lines.event("totals_not_written", error=why),
        )
        if self.settings.totals_file is not None:
            totals.write_to(self.settings.totals_file)
        return totals

    def start(self) -> None:
        """Begins to serve; ready when it returns."""
        self._files.start()
        self._faults.start()
        self.charges.start()
        self.ops.start()
        if self.control is not None:
            self.control.start()
        self._accepts = True
        self.lines.event(
            "started",
            port=self.charges.number,
            ops_port=self.ops.number,
            control_port=None if self.control is None else self.control.number,
            token_required=self.mounted.tokens is not None,
            profile_hash=self.mounted.profile.current.hash,
        )

    def announce_end(self) -> None:
        """Tells callers and metrics that this process is about to end; it still takes charges."""
        self._draining = True
        self.charges.end_connections(self.settings.idle_seconds)

    def stop_accepting(self) -> None:
        """Closes the door behind everyone who has come in."""
        self._accepts = False
        self.charges.stop_accepting()

    def stop(self) -> None:
        """Ends everything at once; what is still under way is cut off."""
        self._accepts = False
        self.charges.stop()
        self.ops.stop()
        if self.control is not None:
            self.control.stop()
        # Who decides a charge at this moment books it, and the log has its line.
        self._cashier.await_decisions(_LAST_DECISION_SECONDS)
        self._files.stop()
        self._faults.stop()
        self.state.close()

    def _moment(self) -> Moment:
        return Moment(
            draining=lambda: self._draining,
            deferred=self.charges.deferred,
            scope=lambda: self.state.scope.value,
            skipped=lambda: self.state.skipped,
        )

    def _alive(self) -> bool:
        # Without its control port the service serves as well as before.
        return self.charges.alive() and self._files.alive() and self._faults.alive()

    def _log(self) -> dict[str, object]:
        return {"log": self.lines.condition(), "log_lines_lost": self.lines.lost}

    def _control_port(self) -> Port | None:
        settings, token = self.settings, self.mounted.control_token
        if settings.control_port is None or token is None:
            return None
        control = ControlService(
            self.effective, self.state, self.lines.event, self._reset, self._follow_reset
        )
        app = create_control_app(control, lambda: token.current, self._replica)
        limits = Limits(
            CONTROL_THREADS,
            connections=CONTROL_CONNECTIONS,
            body=4 * LARGEST_BODY,
            unfinished=4 * 2**20,
        )
        address = (settings.host, settings.control_port)
        return Port(app, address, limits, refusal=refusal_as_problem)

    def _charge_port(self, decide: DecideOutcome, metrics: Metrics) -> Port:
        settings, effective, tokens = self.settings, self.effective, self.mounted.tokens
        environment = Environment(
            draw=random.random,
            new_id=new_charge_id,
            now=time.time,
            can_defer=lambda: self.charges.can_defer(),  # noqa: PLW0108 - the port comes later
            replica=self._replica,
            longest_decision=settings.longest_decision(),
        )
        log = ChargeLog(self.lines.write, lambda: timestamp(time.time()))
        recorders = (self.totals, log, metrics)
        self._cashier = cashier = Cashier(
            lambda: effective.current, self.state, environment, recorders, decide=decide
        )
        app = create_app(
            cashier,
            None if tokens is None else lambda: tokens.current,
            settings.max_body_bytes,
        )
        # The application refuses a body that is too large only after it has looked at the token;
        # from four times that size on, waitress does it at once.
        limits = Limits(
            settings.threads,
            connections=CONNECTIONS + settings.deferred_replies,
            body=4 * settings.max_body_bytes,
            deferred=settings.deferred_replies,
        )
        return Port(app, (settings.host, settings.port), limits)

    def _follow(self) -> None:
        """Follows what other replicas do by way of the store."""
        self.effective.refresh()
        self._follow_reset()

    def _follow_reset(self) -> None:
        with self._resetting, suppress(StoreLostError):
            last = self.state.last_reset()
            if self._followed_reset is None:
                self._followed_reset = last
            # A store that was started again, empty, knows of none.
            elif last and last != self._followed_reset:
                self._forget(self.state.forget_own)
                self._followed_reset = last
                self.lines.event("reset_followed")

    def _reset(self) -> None:
        with self._resetting:
            own = self._forget(self.state.reset)
            # Where the store is lost, there is none that others could follow.
            self._followed_reset = own or self._followed_reset

    def _forget(self, reset_state: Callable[[], T]) -> T:
        """Forgets what this process has for itself, and what the state has, in one step."""
        with self._cashier.forgetting():
            result = reset_state()
            self.effective.replace(None)
            self.effective.refresh()
        self.charges.release_deferred(_RELEASE_SECONDS)
        return result

    def _tell_news(self, live: AnyLive) -> None:
        self.effective.follow_file()  # before anyone is told
        if live.refused is None:
            self.lines.event(f"{live.name}_changed", generation=live.generation)
        else:
            self.lines.event(f"{live.name}_refused", mistakes=live.refused[1].texts)


def _of_files(read: Callable[[], T]) -> T:
    return Impatient("the mounted files", read, LONGEST_START)()
