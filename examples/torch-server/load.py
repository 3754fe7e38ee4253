"""A closed loop: so many clients, each of which asks again as soon as it has its answer. Prints what it saw as JSON."""

from __future__ import annotations

import argparse
import http.client
import json
import threading
import time
from urllib.parse import urlencode, urlsplit

_TIMEOUT_S = 30


class Client(threading.Thread):
    def __init__(self, number: int, options: argparse.Namespace, until_s: float) -> None:
        super().__init__(daemon=True)
        self._number = number
        self._options = options
        self._until_s = until_s
        self.latencies_s: list[float] = []
        self.failed = 0

    def run(self) -> None:
        seed = self._number
        connection = http.client.HTTPConnection(urlsplit(self._options.url).netloc, timeout=_TIMEOUT_S)
        while time.monotonic() < self._until_s:
            seed += self._options.concurrency
            started = time.monotonic()
            try:
                ok = self._ask(connection, seed)
            except (OSError, http.client.HTTPException):
                connection.close()  # opened again by the next request
                ok = False
            if ok:
                self.latencies_s.append(time.monotonic() - started)
            else:
                self.failed += 1
            time.sleep(self._options.pause_seconds if ok else 0.1)

    def _ask(self, connection: http.client.HTTPConnection, seed: int) -> bool:
        options = self._options
        query = {
            "model": options.model,
            "variant": options.variant,
            "batch_size": options.batch_size,
            "seed": seed,
        }
        connection.request("GET", f"/{options.endpoint}?{urlencode(query)}")
        response = connection.getresponse()
        response.read()
        return response.status == 200


def run_load(options: argparse.Namespace) -> dict[str, object]:
    started_unix_s, started_s = time.time(), time.monotonic()
    clients = [Client(number, options, started_s + options.seconds) for number in range(options.concurrency)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.monotonic() - started_s
    latencies = sorted(latency for client in clients for latency in client.latencies_s)
    return {
        "model": options.model,
        "variant": options.variant,
        "batch_size": options.batch_size,
        "concurrency": options.concurrency,
        "from_unix_ms": started_unix_s * 1000,
        "to_unix_ms": (started_unix_s + seconds) * 1000,
        "answered": len(latencies),
        "failed": sum(client.failed for client in clients),
        "per_second": len(latencies) / seconds,
        "latency_p50_seconds": _quantile(latencies, 0.5),
        "latency_p95_seconds": _quantile(latencies, 0.95),
    }


def _quantile(ordered: list[float], share: float) -> float | None:
    """The value at rank ceil(share * n), as the agent counts."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else None


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8081")
    parser.add_argument("--model", default="text")
    parser.add_argument("--variant", default="int8")
    parser.add_argument("--endpoint", default="predict", choices=("predict", "batch"))
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--pause-seconds", type=float, default=0, help="of a client, after each answer")
    parser.add_argument("--seconds", type=float, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(run_load(parse_arguments())), flush=True)
