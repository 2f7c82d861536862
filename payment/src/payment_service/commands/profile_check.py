"""`payment-service profile check FILE`: all mistakes of a profile, before anybody serves by it."""

from pathlib import Path

from payment_service.commands.printing import say, warn
from payment_service.files import read_required_file
from payment_service.profile.document import LoadedProfile
from payment_service.text.escapes import escaped
from payment_service.text.mistakes import MistakesError


def run(file: str) -> int:
    """Prints whether the profile is good; returns 0, or 1 with every mistake told."""
    path = Path(file)
    raw = read_required_file(path)
    try:
        LoadedProfile.from_file_content(raw, toml=path.suffix == ".toml")
    except MistakesError as mistakes:
        for text in mistakes.texts:
            warn(f"{path}: {text}")
        return 1
    say(escaped(f"{path}: a good profile"))
    return 0
