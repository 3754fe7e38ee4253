"""The classifier behind FastAPI. `uvicorn server:app` serves it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "torch-classifier"))

import uvicorn
from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse
from infermeter.asgi import InfermeterMiddleware
from prediction import BadRequest, Service

service = Service()
app = FastAPI()
app.add_middleware(InfermeterMiddleware, meter=service.meter, paths=["/predict"], operation_of_route=False)


# Plain functions: FastAPI runs them on threads, so that the network does not hold up its loop.
@app.get("/predict")
def predict_random(request: Request) -> dict[str, object]:
    return service.predict(request.state.infermeter, request.query_params)


@app.post("/predict")
def predict(request: Request, query: dict[str, Any] = Body()) -> dict[str, object]:  # noqa: B008
    return service.predict(request.state.infermeter, query)


@app.get("/stats")
def stats() -> dict[str, object]:
    return service.stats()


@app.exception_handler(BadRequest)
def refuse(request: Request, error: BadRequest) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 400)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8083")))
