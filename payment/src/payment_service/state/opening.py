"""Opens the state that the settings ask for."""

from payment_service.settings import Settings
from payment_service.state.fallback import LocalWhenLost
from payment_service.state.interface import State
from payment_service.state.memory import Memory
from payment_service.state.values import Kept
from payment_service.text.mistakes import MistakesError
from payment_service.text.store_address import StoreAddress


def open_state(settings: Settings) -> State:
    """Returns the state; raises MistakesError where the settings cannot be followed.

    A store that does not answer is no mistake: it may come later than this process.
    """
    kept = Kept(
        attempts=settings.attempts_kept,
        keys=settings.keys_kept,
        bookings=settings.bookings_kept,
        journal=settings.journal_kept,
    )
    if settings.store_url is None:
        return Memory(kept)
    shared = _open_shared(settings, settings.store_url, kept)
    return (
        LocalWhenLost(shared, Memory(kept)) if settings.store_failure_policy == "Local" else shared
    )


def _open_shared(settings: Settings, address: StoreAddress, kept: Kept) -> State:
    try:
        # Here and not above: without a store, nobody needs to have its client.
        from payment_service.state.connections import PasswordFile  # noqa: PLC0415
        from payment_service.state.shared import Shared  # noqa: PLC0415
        from payment_service.state.store import Store  # noqa: PLC0415
    except ModuleNotFoundError:
        remedy = "needs the store's client: pip install 'payment-service[store]'"
        raise MistakesError([f"PAYMENT_STORE_URL: {remedy}"]) from None
    path, seconds = settings.store_password_file, settings.store_seconds
    if path is not None and (flaw := PasswordFile(path, address.user, seconds).flaw()):
        raise MistakesError([f"PAYMENT_STORE_PASSWORD_FILE: {path} {flaw}"])
    return Shared(Store(address, path, seconds), settings.store_prefix, kept)
