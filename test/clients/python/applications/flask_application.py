"""Served by the tests of the middlewares."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import flask
from infermeter import Meter
from infermeter.wsgi import InfermeterMiddleware

meter = Meter("m", "int8", flush_interval=0.05)
app = flask.Flask(__name__)
app.wsgi_app = InfermeterMiddleware(app.wsgi_app, meter)  # type: ignore[method-assign]


@app.get("/predict")
def predict() -> str:
    request = flask.request.environ["infermeter"]
    request.operation = "own"
    request.batch_size = 3
    with request.phase("inference"):
        time.sleep(0.005)
    return "done"


@app.get("/models/<name>")
def model(name: str) -> str:
    return name


@app.get("/healthz")
def healthz() -> str:
    with flask.request.environ["infermeter"].phase("inference"):
        return "ok"


@app.get("/refused")
def refused() -> Any:
    return "no", 422


@app.get("/broken")
def broken() -> Any:
    return "no", 500


@app.get("/raises")
def raises() -> str:
    raise ValueError("on purpose")


def pieces(count: int) -> Iterator[str]:
    for i in range(count):
        time.sleep(0.02)
        yield str(i)


@app.get("/stream")
def stream() -> flask.Response:
    return flask.Response(pieces(4))


@app.get("/long")
def long() -> flask.Response:
    return flask.Response(pieces(200))
