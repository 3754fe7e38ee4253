"""What the middlewares for HTTP have in common."""

from __future__ import annotations

from collections.abc import Collection

from infermeter._meter import Meter
from infermeter._request import Request

# Nobody calls these for a prediction. The agent leaves them out of OpenTelemetry's spans as well.
_PROBES = frozenset(
    """
    / /health /healthz /live /livez /ready /readyz /ping /metrics /docs /openapi.json /favicon.ico
    /v1/models /v2 /v2/health/live /v2/health/ready
    """.split()
)


class HttpRequests:
    """Begins and ends requests that came by HTTP."""

    def __init__(self, meter: Meter, paths: Collection[str], operation_of_route: bool) -> None:
        self._meter = meter
        self._paths = tuple(paths)
        self._operation_of_route = operation_of_route

    def begin(self, path: str) -> Request:
        """One that is not to be measured can be used all the same, and will not be counted."""
        request = self._meter.request()
        if not (path.startswith(self._paths) if self._paths else path not in _PROBES):
            request.discard()
        return request

    def end(self, request: Request, status: int, route: str) -> None:
        """`status`: 0 if there was none. What was refused for what the client sent (4xx) was neither served nor did it
        fail, and is too fast to be counted among either.
        """
        if 400 <= status < 500:
            request.discard()
        elif not 100 <= status < 400:
            request.fail()
        if route and self._operation_of_route and request.operation == self._meter.operation:
            request.operation = route
        request.end()
