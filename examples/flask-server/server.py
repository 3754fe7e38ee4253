"""The classifier behind Flask. `gunicorn --threads 4 server:app` serves it, `python server.py` tries it out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "torch-classifier"))

from flask import Flask, request
from infermeter.wsgi import InfermeterMiddleware
from prediction import BadRequest, Service

service = Service()
app = Flask(__name__)
app.wsgi_app = InfermeterMiddleware(  # type: ignore[method-assign]
    app.wsgi_app, service.meter, paths=["/predict"], operation_of_route=False
)


@app.route("/predict", methods=["GET", "POST"])
def predict() -> dict[str, object]:
    query = request.args.to_dict() if request.method == "GET" else request.get_json(silent=True)
    if not isinstance(query, dict):
        raise BadRequest("body: must be a JSON object")
    return service.predict(request.environ["infermeter"], query)


@app.get("/stats")
def stats() -> dict[str, object]:
    return service.stats()


@app.errorhandler(BadRequest)
def refuse(error: BadRequest) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 400


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8082")), threaded=True)
