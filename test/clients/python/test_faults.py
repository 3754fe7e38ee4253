"""An agent that is away, hangs, is slow, dies or talks nonsense: requests go on, losses are counted and told."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

import pytest
from built_agent import ROOT, BuiltAgent, free_port, wait_for
from infermeter import Meter, Stats
from scripted_agent import ScriptedAgent, after

ERRORS: list[object] = []


def meter_for(address: str, max_spans: int = 65_536) -> Meter:
    return Meter(
        "m", "int8", address=address, flush_interval=0.02, max_spans=max_spans, on_error=ERRORS.append
    )


def adds_up(stats: Stats) -> bool:
    return stats.recorded == stats.accepted + stats.rejected + stats.dropped + stats.waiting


@contextmanager
def tcp_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_while_no_agent_is_there_the_newest_spans_wait_and_the_rest_is_told_later(tmp_path: Path) -> None:
    agent = BuiltAgent(tmp_path)
    meter = meter_for(agent.address, max_spans=1000)
    for i in range(3000):
        meter.record(0.001)
        if i % 500 == 499:
            wait_for(lambda: meter.stats().waiting <= 1000, "spans to be dropped")
    wait_for(lambda: meter.stats().dropped >= 2000, "the oldest spans to be dropped")
    stats = meter.stats()
    assert stats.waiting <= 1000 and adds_up(stats)
    agent.start()
    assert meter.flush(10)
    stats = meter.stats()
    assert (stats.recorded, stats.waiting) == (3000, 0) and adds_up(stats)
    source = agent.source()
    assert (source["accepted"], source["clientDropped"]) == (stats.accepted, stats.dropped)
    agent.stop()


def hang(connection: socket.socket) -> None:
    """Reads nothing and says nothing."""
    threading.Event().wait(30)
    connection.close()


def test_an_agent_that_hangs_costs_memory_up_to_the_bound_and_no_time() -> None:
    with tcp_server(hang) as address:
        meter = meter_for(address, max_spans=2000)
        for i in range(20_000):
            with meter.request() as request, request.phase("inference"):
                pass
            if i % 1000 == 999:
                wait_for(lambda: not meter._queue.records, "the thread to go on while it waits")
        stats = meter.stats()
        assert stats.accepted == 0 and stats.waiting <= 2000 and adds_up(stats)
        assert not meter.flush(0.2)


def test_an_agent_that_is_slow_gets_everything(agent: ScriptedAgent) -> None:
    agent.answers = [after(0.1) for _ in range(20)]
    meter = meter_for(agent.address)
    for i in range(5000):
        with meter.request() as request, request.phase("inference"):
            pass
        if i % 1000 == 999:
            wait_for(lambda: not meter._queue.records, "the thread to take them")
    assert meter.flush(20)
    assert len(agent.rows) == 5000 and meter.stats().accepted == 5000


def test_an_agent_that_is_killed_and_started_again_counts_each_span_once(tmp_path: Path) -> None:
    agent = BuiltAgent(tmp_path)
    agent.start()
    meter = meter_for(agent.address)
    for _ in range(1000):
        meter.record(0.001)
    assert meter.flush(5)
    agent.kill()
    for _ in range(1000):
        meter.record(0.001)
    assert not meter.flush(0.3)
    agent.start()
    for _ in range(1000):
        meter.record(0.001)
    assert meter.flush(10)
    stats = meter.stats()
    assert stats[:5] == (3000, 3000, 3000, 0, 0) and stats.reconnects >= 1
    assert agent.source()["accepted"] == 2000
    agent.stop()


NONSENSE = [
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    b"\x15\x03\x01\x00\x02\x02\x28",
    bytes(9),
    b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff" + b"\x00\x00\x00\x04\x01\x00\x00\x00\x00",
    b"\x00\x00\x04\x01\x05\x00\x00\x00\x01\xff\xff\xff\xff",
    b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\x88",
    b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8),
    b"\x00\x00\x01\x09\x04\x00\x00\x00\x01\x88",
    b"",
]


def test_whatever_answers_the_thread_lives_and_the_next_agent_gets_the_spans(agent: ScriptedAgent) -> None:
    source = random.Random(3)
    answers = NONSENSE + [source.randbytes(source.randrange(1, 200)) for _ in range(8)]
    left = list(answers)

    def serve(connection: socket.socket) -> None:
        with connection:
            if left:
                connection.recv(65_536)
                connection.sendall(left.pop())
                return
            relay(connection, agent.address)

    with tcp_server(serve) as address:
        meter = meter_for(address)
        meter.record(0.001)
        while left:
            meter.flush(0.2)
        assert meter.flush(10)
    assert len(agent.rows) == 1
    assert not [error for error in ERRORS if "bug" in str(error)]


def relay(connection: socket.socket, address: str) -> None:
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as upstream:

        def back() -> None:
            try:
                while data := upstream.recv(65_536):
                    connection.sendall(data)
            except OSError:
                pass

        threading.Thread(target=back, daemon=True).start()
        try:
            while data := connection.recv(65_536):
                upstream.sendall(data)
        except OSError:
            pass


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from infermeter import Meter
meter = Meter("m", address=sys.argv[2])
for _ in range(10):
    meter.record(0.001)
"""


def run_program(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "clients/python/src"), address]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_a_process_that_ends_sends_what_waits(agent: ScriptedAgent) -> None:
    done = run_program(agent.address)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(agent.rows) == 10


@pytest.mark.parametrize("kind", ["absent", "hung"])
def test_a_process_ends_in_time_without_an_agent(kind: str) -> None:
    if kind == "absent":
        done = run_program(f"127.0.0.1:{free_port()}")
    else:
        with tcp_server(hang) as address:
            done = run_program(address)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
