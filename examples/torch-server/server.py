"""Serves the networks on loopback, and reports every request to the agent at $INFERMETER_ADDRESS (localhost:4317).

GET or POST /predict?model=text&variant=int8&batch_size=8&seed=7   one request of so many items: one span
GET or POST /batch?...                                             so many requests that ran as one: a span each
GET /stats                                                         what ran so far
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import torch
from batch import Batch
from engine import BadRequest, Engine
from infermeter import Meter
from infermeter.torch import gpu_uuid
from models import MODELS
from quantize import VARIANTS, forbid_tf32, supported_variants

_MAX_BATCH = 64


class PredictionServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, engines: dict[tuple[str, str], tuple[Engine, Meter]]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.engines = engines

    def stats(self) -> dict[str, object]:
        engines = {
            f"{model}/{variant}": {"batches": engine.batches, "inference_seconds": engine.inference_seconds}
            for (model, variant), (engine, _) in self.engines.items()
        }
        memory = torch.cuda.memory_allocated() if torch.cuda.is_available() else None
        return {"engines": engines, "memory_allocated_bytes": memory}


class Handler(BaseHTTPRequestHandler):
    server: PredictionServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out as two packets

    def do_GET(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self, body: bytes | None) -> None:
        url = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        try:
            if url.path == "/stats":
                self._answer(200, self.server.stats())
            elif url.path == "/predict":
                self._answer(200, {"classes": self._predict(query, body)})
            elif url.path == "/batch":
                self._answer(200, {"classes": self._predict_batch(query, body)})
            else:
                self._answer(404, {"error": "try /predict?model=text&variant=int8"})
        except BadRequest as error:
            self._answer(400, {"error": str(error)})
        except Exception as error:  # the server outlives a request that broke
            self._answer(500, {"error": repr(error)})

    def _predict(self, query: dict[str, str], body: bytes | None) -> list[list[int]]:
        engine, meter = self._chosen(query)
        with meter.request() as request:
            items, source = _asked(query, body)
            classes = engine.run(request.phase, items, source)
            request.batch_size = items
            request.tokens(input=engine.tokens_of(items))
        return classes

    def _predict_batch(self, query: dict[str, str], body: bytes | None) -> list[list[int]]:
        engine, meter = self._chosen(query)
        with Batch(meter, engine.tokens_of(1)) as batch:
            batch.requests, source = _asked(query, body)
            return engine.run(batch.phase, batch.requests, source)

    def _chosen(self, query: dict[str, str]) -> tuple[Engine, Meter]:
        chosen = query.get("model", ""), query.get("variant", "")
        if chosen not in self.server.engines:
            loaded = ", ".join("/".join(key) for key in self.server.engines)
            raise BadRequest(f"model and variant: must be one of {loaded}")
        return self.server.engines[chosen]

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _asked(query: dict[str, str], body: bytes | None) -> tuple[int, bytes | int]:
    """How many items, and the inputs themselves or the seed to draw them from."""
    items = _integer(query, "batch_size", 1, _MAX_BATCH)
    return items, body if body else _integer(query, "seed", 0, 2**31)


def _integer(query: dict[str, str], name: str, least: int, greatest: int) -> int:
    text = query.get(name, str(least))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= greatest:
        raise BadRequest(f"{name}: must be an integer from {least} to {greatest}")
    return int(text)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", default=",".join(MODELS), help="of %(default)s")
    parser.add_argument(
        "--variants", default="", help=f"of {','.join(VARIANTS)}; default: all the device can do"
    )
    parser.add_argument("--size", default="large", choices=("large", "small"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", 8081)))
    parser.add_argument("--warm-up-batch", type=int, default=16)
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    device = torch.device(options.device)
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
        torch.cuda.set_device(device)
    variants = options.variants.split(",") if options.variants else supported_variants(device)
    forbid_tf32()
    turn = threading.Lock()
    engines = {}
    for model in options.models.split(","):
        for variant in variants:
            engine = Engine(model, variant, options.size, device, turn)
            engine.warm_up(options.warm_up_batch)
            # By the uuid the agent books the GPU's energy and memory to the requests.
            engines[model, variant] = engine, Meter(model, variant, gpu=gpu_uuid(device))
    serve(PredictionServer(options.port, engines))


def serve(server: PredictionServer) -> None:
    """Until SIGINT or SIGTERM; the meters then send their last spans by themselves."""
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    model, variant = next(iter(server.engines))
    print(f"http://127.0.0.1:{server.server_port}/predict?model={model}&variant={variant}", flush=True)
    told_to_stop.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
