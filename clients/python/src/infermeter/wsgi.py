"""Flask, Django and other WSGI applications.

from infermeter.wsgi import InfermeterMiddleware

app.wsgi_app = InfermeterMiddleware(app.wsgi_app, meter)

@app.post("/predict")
def predict():
    with flask.request.environ["infermeter"].phase("inference"):
        ...
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Callable

from infermeter._http_request import HttpRequests
from infermeter._meter import Meter

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class InfermeterMiddleware:
    """Measures each request from its head to the last byte of its answer, a streamed one's too.

    Status 500 and above, an exception, and a client that left before the end make it a failed one; 4xx, and probes such
    as /healthz, are not counted. `environ["infermeter"]` is the request that is being measured.

    paths: beginnings of the paths that are measured; by default all but probes.
    operation_of_route: Flask's rule (`/models/<name>`) is the operation, unless the application says another.
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

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = self._requests.begin(environ.get("PATH_INFO", ""))
        environ["infermeter"] = request
        status, rule = 0, ""

        def started(line: str, headers: Any, *error: Any) -> Any:
            nonlocal status, rule
            # Flask has its request there until it is done with it, and the rule in it.
            matched = getattr(environ.get("werkzeug.request"), "url_rule", None)
            rule = getattr(matched, "rule", "")
            status = int(line[:3]) if line[:3].isdigit() else 0
            return start_response(line, headers, *error)

        def end(is_complete: bool) -> None:
            self._requests.end(request, status if is_complete else 0, rule)

        try:
            body = self._app(environ, started)
        except BaseException:
            end(is_complete=False)
            raise
        return _Body(body, end)


class _Body:
    """The application's body; tells when it is at its end, or is closed before."""

    def __init__(self, body: Iterable[bytes], end: Callable[[bool], None]) -> None:
        self._body = body
        self._pieces = iter(body)
        self._end = end
        self._is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._is_complete = True
            raise

    def close(self) -> None:
        """Servers call it when the last byte is written, or cannot be."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end(self._is_complete)
