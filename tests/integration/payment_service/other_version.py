"""A service and its store, into which another version of it writes."""

import json
from typing import Any, NamedTuple

from billing_dev.local.redis_server import RedisServer
from payment_service.service import Service
from support.payment.control import Control
from support.payment.service import Answer, Caller, a_charge, a_request, get, sample

SEEN = 2.0  # within which what is in the store is known
CHARGE = "1 181.62 USD"
NO_ENTRIES: list[bytes] = [b"", b"\xc1", b"\xff\xfe", b"text", b'{"json": true}', b"\x93\x01"]
ODD_SHAPES: list[Any] = [None, 7, "text", [], [[]], {}, {"v": 2}, [1, 2, 3], True]
_IN_FULL = "Prefer: return=representation\r\n"
_PACK = "return redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack(cjson.decode(ARGV[2])))"


class Scene(NamedTuple):
    """A service, and its store as another version sees it."""

    service: Service
    control: Control
    store: RedisServer
    prefix: str

    def key(self, name: str) -> str:
        return f"{{{self.prefix}}}:{name}"

    def put(self, name: str, field: str | bytes, value: Any) -> None:
        """Writes an entry: bytes as they are, any other value as entries are written."""
        if isinstance(value, bytes):
            self.store.order("HSET", self.key(name), field, value)
        else:
            self.store.order("EVAL", _PACK, 1, self.key(name), field, json.dumps(value))

    def ask(self, headers: str = _IN_FULL, **charge: Any) -> Answer:
        with Caller(self.service.charges.number) as caller:
            return caller.ask(a_request(a_charge(**charge), headers=headers))

    def skipped(self, kind: str) -> float:
        page = get(self.service.ops.number, "/metrics").body
        return sample(page, f'payment_state_entries_skipped_total{{kind="{kind}"}}')

    def well(self) -> bool:
        """Whether it lives, uses its store and still takes charges."""
        page = get(self.service.ops.number, "/metrics").body
        return (
            get(self.service.ops.number, "/livez").status == 200
            and sample(page, 'payment_state_info{scope="store"}') == 1
            and self.ask(customer_id=999).status == 200
        )
