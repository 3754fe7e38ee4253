"""Serves the networks on loopback, and reports every request to the agent at $INFERMETER_ADDRESS (127.0.0.1:4317).

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

from engine import BadRequest, Engine
from infermeter_spans import Series, SpanSender
from models import MODELS, TEXT_LENGTH
from quantize import VARIANTS, forbid_tf32, supported_variants

_MAX_BATCH = 64


class PredictionServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, engines: dict[tuple[str, str], tuple[Engine, Series]]) -> None:
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
            elif url.path in ("/predict", "/batch"):
                self._answer(200, {"classes": self._predict(url.path, query, body)})
            else:
                self._answer(404, {"error": "try /predict?model=text&variant=int8"})
        except BadRequest as error:
            self._answer(400, {"error": str(error)})
        except Exception as error:  # the server outlives a request that broke
            self._answer(500, {"error": repr(error)})

    def _predict(self, path: str, query: dict[str, str], body: bytes | None) -> list[list[int]]:
        engine, series = self._chosen(query)
        span = series.start()
        try:
            batch_size = _integer(query, "batch_size", 1, _MAX_BATCH)
            source = body if body else _integer(query, "seed", 0, 2**31)
            classes = engine.run(span, batch_size, source)
        except Exception:
            span.fail()
            raise
        tokens = TEXT_LENGTH if engine.model == "text" else None
        if path == "/batch":
            span.end(batch_size=1, input_tokens=tokens, requests=batch_size)
        else:
            span.end(batch_size=batch_size, input_tokens=tokens and tokens * batch_size)
        return classes

    def _chosen(self, query: dict[str, str]) -> tuple[Engine, Series]:
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


def _integer(query: dict[str, str], name: str, least: int, greatest: int) -> int:
    text = query.get(name, str(least))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= greatest:
        raise BadRequest(f"{name}: must be an integer from {least} to {greatest}")
    return int(text)


def gpu_labels(device: torch.device) -> dict[str, str]:
    """The label `gpu`: by it the agent books the GPU's energy and memory to the requests."""
    if device.type != "cuda":
        return {}
    uuid = str(torch.cuda.get_device_properties(device).uuid)
    return {"gpu": uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS), help="of %(default)s")
    parser.add_argument("--variants", default="", help=f"of {','.join(VARIANTS)}; default: all the device can do")
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
    sender = SpanSender(
        os.environ.get("INFERMETER_ADDRESS", "127.0.0.1:4317"),
        on_error=lambda message: print(f"infermeter: {message}", flush=True),
    )
    turn = threading.Lock()
    engines = {}
    for model in options.models.split(","):
        for variant in variants:
            engine = Engine(model, variant, options.size, device, turn)
            engine.warm_up(options.warm_up_batch)
            engines[model, variant] = engine, sender.series(model=model, variant=variant, labels=gpu_labels(device))
    serve(PredictionServer(options.port, engines), sender)


def serve(server: PredictionServer, sender: SpanSender) -> None:
    """Until SIGINT or SIGTERM; the last spans are sent before the end."""
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    model, variant = next(iter(server.engines))
    print(f"http://127.0.0.1:{server.server_port}/predict?model={model}&variant={variant}", flush=True)
    told_to_stop.wait()
    server.shutdown()
    sender.close()


if __name__ == "__main__":
    main()
