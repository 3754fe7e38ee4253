"""How long a caller is inside the client while the agent is well, away, slow, hung, killed and started again.

    python bench/no_harm.py [--requests 20000]

Each request has two phases and no work of its own; 20 come at once, 100 times a second, with the background thread
running. Also says how many spans waited at the most, what was lost, and that it was told to the agent.
"""

from __future__ import annotations

import argparse
import platform
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from bench_agent import BenchAgent, free_port
from infermeter import Meter

now = time.perf_counter_ns
_BURST, _BURSTS_PER_SECOND = 20, 100
_MAX_SPANS = 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    count = parser.parse_args().requests
    print(f"Python {platform.python_version()}, {count} requests each, at most {_MAX_SPANS} kept")
    print(f"{'agent':22} {'p50 µs':>7} {'p99':>7} {'p99.9':>7} {'max':>8}  {'waited':>6} {'dropped':>7}")
    with BenchAgent() as agent:
        row("well", agent.address, count)
    row("away", f"127.0.0.1:{free_port()}", count)
    with hanging_server() as address:
        row("hung", address, count)
    with BenchAgent() as agent, slow_relay(agent.address) as address:
        row("slow (0.3 s an answer)", address, count)
    killed_and_started_again(count)


def row(state: str, address: str, count: int) -> Meter:
    meter = Meter("bench", "int8", address=address, max_spans=_MAX_SPANS, on_error=lambda error: None)
    inside, most_waiting = [], 0
    started_s = time.perf_counter()
    for i in range(count // _BURST):
        for _ in range(_BURST):
            before = now()
            with meter.request() as request:
                with request.phase("preprocess"):
                    pass
                with request.phase("inference"):
                    pass
            inside.append(now() - before)
        most_waiting = max(most_waiting, meter.stats().waiting)
        time.sleep(max(0.0, started_s + (i + 1) / _BURSTS_PER_SECOND - time.perf_counter()))
    inside.sort()
    p50, p99, p999, worst = (inside[int((count - 1) * share)] / 1000 for share in (0.5, 0.99, 0.999, 1))
    dropped = meter.stats().dropped
    print(
        f"{state:22} {p50:7.1f} {p99:7.1f} {p999:7.1f} {worst:8.1f}  {most_waiting:6} {dropped:7}", flush=True
    )
    return meter


def killed_and_started_again(count: int) -> None:
    with BenchAgent() as agent:
        restart = threading.Timer(count / _BURST / _BURSTS_PER_SECOND / 3, agent.kill_and_start_again)
        restart.start()
        meter = row("killed, started again", agent.address, count)
        restart.join()
        meter.flush(10)
        print(meter.stats()._replace(last_error=None))


@contextmanager
def hanging_server() -> Iterator[str]:
    """Accepts connections, and never reads or writes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def slow_relay(address: str) -> Iterator[str]:
    host, port = address.split(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def relay(source: socket.socket, target: socket.socket, pause_s: float) -> None:
            while data := source.recv(65_536):
                time.sleep(pause_s)
                target.sendall(data)

        def accept() -> None:
            connection, _ = listener.accept()
            upstream = socket.create_connection((host, int(port)))
            threading.Thread(target=relay, args=(connection, upstream, 0.3), daemon=True).start()
            relay(upstream, connection, 0)

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


if __name__ == "__main__":
    main()
