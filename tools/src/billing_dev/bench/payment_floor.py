"""The floor: the smallest Falcon and waitress service with the same checks, no logs, no metrics.

`payment` starts it with a port behind it; with `bare` behind that, waitress answers alone.
"""

import hmac
import json
import logging
import random
import sys
from collections.abc import Callable, Iterable

import falcon
import waitress

from payment_service.server.port import Limits, waitress_settings

TOKEN = b"bench-token"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=int)


class Charge:
    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        if not hmac.compare_digest((request.get_header("X-Token") or "").encode(), TOKEN):
            raise falcon.HTTPForbidden
        content_type = request.content_type
        if content_type is not None and content_type.partition(";")[0] != "application/json":
            raise falcon.HTTPUnsupportedMediaType
        if (request.content_length or 0) > 16384:
            raise falcon.HTTPContentTooLarge
        charge = DECODER.decode(request.bounded_stream.read().decode())
        customer, value, currency = (charge[k] for k in ("customer_id", "value", "currency"))
        fine = type(customer) is int and customer >= 1 and type(value) in (int, float)
        if not (fine and 0 <= value < float("inf") and isinstance(currency, str) and currency):
            raise falcon.HTTPBadRequest
        response.data = b'{"result":"true"}' if random.random() < 0.5 else b'{"result":"false"}'


def bare(_: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "17")])
    return [b'{"result":"true"}']


if __name__ == "__main__":
    app: falcon.App[falcon.Request, falcon.Response] = falcon.App()
    app.add_route("/", Charge())
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    settings = waitress_settings(Limits(threads=8))
    waitress.serve(bare if "bare" in sys.argv else app, port=int(sys.argv[1]), **settings)
