"""An API server that answers what a test wants to hear, and writes down what it is asked."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Answering:
    """An HTTP server that writes down what it is asked and answers as it is told."""

    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    content_type: str = ""
    authorization: str | None = None

    def will_say(self, status: int, body: Any, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, body, named))

    async def answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        said = json.loads(text) if text else None
        self.asked.append((request.method, request.path, dict(request.query), said))
        self.content_type = request.content_type
        self.authorization = request.headers.get("Authorization")
        status, body, headers = self.answers.pop(0) if self.answers else (200, {}, {})
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(status=status, body=content, headers=headers)
