"""A client with the habits of the official ones: it retries, and says by a key that it does."""

import time
from contextlib import suppress
from typing import Any

import httpx

AGAIN = {409, 429, 500, 502, 503, 504}


def charge(client: httpx.Client, key: str, body: dict[str, Any]) -> httpx.Response:
    for tries in range(60):
        with suppress(httpx.TransportError):
            answer = client.post("/", json=body, headers={"Idempotency-Key": key})
            if answer.status_code not in AGAIN or "Idempotent-Replayed" in answer.headers:
                return answer
        time.sleep(tries / 20)
    raise TimeoutError(key)
