"""FastAPI, Starlette and other ASGI applications.

from infermeter.asgi import InfermeterMiddleware

app.add_middleware(InfermeterMiddleware, meter=meter)

@app.post("/predict")
async def predict(request: Request):
    with request.state.infermeter.phase("inference"):
        ...
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, MutableMapping
from typing import Any, Callable

from infermeter._http_request import HttpRequests
from infermeter._meter import Meter
from infermeter._request import Request
from infermeter._senders import flush_all

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class InfermeterMiddleware:
    """Measures each request from its head to the last byte of its answer, a streamed one's too.

    Status 500 and above, an exception, and a client that left before the end make it a failed one; 4xx, and probes such
    as /healthz, are not counted. `request.state.infermeter` is the request that is being measured.

    paths: beginnings of the paths that are measured; by default all but probes.
    operation_of_route: the route's template (`/models/{name}`) is the operation, unless the application says another.
    """

    def __init__(
        self,
        app: Application,
        meter: Meter,
        *,
        paths: Collection[str] = (),
        operation_of_route: bool = True,
    ) -> None:
        self._app = app
        self._requests = HttpRequests(meter, paths, operation_of_route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, _flushing(send))
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._requests.begin(scope["path"])
        scope.setdefault("state", {})["infermeter"] = request
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
        except BaseException:
            answer.status = 0
            raise
        finally:
            if not answer.is_complete:
                answer.status = 0
            self._end(request, answer.status, scope)

    def _end(self, request: Request, status: int, scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", "")
        self._requests.end(request, status, route if isinstance(route, str) else "")


def _flushing(send: Send) -> Send:
    """Servers may end by a signal once the application has shut down, and then nothing else would flush."""

    async def flush_at_shutdown(message: Message) -> None:
        if message["type"].startswith("lifespan.shutdown"):
            await asyncio.get_running_loop().run_in_executor(None, flush_all)
        await send(message)

    return flush_at_shutdown


class _Answer:
    """Watches what the application sends."""

    __slots__ = ("_send", "is_complete", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.is_complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.is_complete = True
