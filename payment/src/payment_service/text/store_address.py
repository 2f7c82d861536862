"""Where a shared store is, as a person writes it; the password is never part of it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_DATABASE = re.compile(r"/?|/[0-9]{1,4}")
_USER = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A Redis."""

    host: str
    port: int = 6379
    database: int = 0
    user: str | None = None
    encrypted: bool = False
    """Whether to speak TLS, with the certificates that the system trusts."""

    @classmethod
    def from_url(cls, url: str) -> "StoreAddress":
        """Reads `redis://[user@]host[:port][/database]`, or `rediss://` for TLS.

        Raises ValueError, without a word of the URL: somebody may have put a password into it.
        """
        try:
            parts = urlsplit(url)
            host, port, user = parts.hostname or "", parts.port, parts.username
        except ValueError:
            raise ValueError from None
        fit = (
            parts.scheme in ("redis", "rediss")
            and _HOST.fullmatch(host)
            and port != 0
            and _DATABASE.fullmatch(parts.path)
            and (user is None or _USER.fullmatch(user))
            and parts.password is None
            and not parts.query
            and not parts.fragment
        )
        if not fit:
            raise ValueError
        database = int(parts.path.strip("/") or 0)
        return cls(host, port or 6379, database, user, parts.scheme == "rediss")

    def __str__(self) -> str:
        scheme = "rediss" if self.encrypted else "redis"
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{user}{host}:{self.port}/{self.database}"
