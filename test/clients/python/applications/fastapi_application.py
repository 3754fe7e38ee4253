"""Served by the tests of the middlewares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from infermeter import Meter
from infermeter.asgi import InfermeterMiddleware

meter = Meter("m", "int8", flush_interval=0.05)
app = FastAPI(default_response_class=PlainTextResponse)
app.add_middleware(InfermeterMiddleware, meter=meter)


@app.get("/predict")
async def predict(request: Request) -> str:
    measured = request.state.infermeter
    measured.operation = "own"
    measured.batch_size = 3
    with measured.phase("inference"):
        await asyncio.sleep(0.005)
    return "done"


@app.get("/models/{name}")
def model(name: str) -> str:
    return name


@app.get("/healthz")
def healthz(request: Request) -> str:
    with request.state.infermeter.phase("inference"):
        return "ok"


@app.get("/refused")
def refused() -> PlainTextResponse:
    return PlainTextResponse("no", 422)


@app.get("/broken")
def broken() -> PlainTextResponse:
    return PlainTextResponse("no", 500)


@app.get("/raises")
def raises() -> str:
    raise ValueError("on purpose")


async def pieces(count: int) -> AsyncIterator[str]:
    for i in range(count):
        await asyncio.sleep(0.02)
        yield str(i)


@app.get("/stream")
def stream() -> StreamingResponse:
    return StreamingResponse(pieces(4))


@app.get("/long")
def long() -> StreamingResponse:
    return StreamingResponse(pieces(200))
