"""Real servers with the middlewares: Flask under gunicorn, FastAPI under uvicorn."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from built_agent import ROOT, BuiltAgent, can_connect, free_port, wait_for
from scripted_agent import ScriptedAgent

APPLICATIONS = Path(__file__).parent / "applications"
pytest.importorskip("flask")
pytest.importorskip("fastapi")


def flask_command(port: int, workers: int) -> list[str]:
    command = [
        "gunicorn",
        "--preload",
        "--workers",
        str(workers),
        "--threads",
        "4",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    return [*command, "--log-level", "error", "flask_application:app"]


def fastapi_command(port: int, workers: int) -> list[str]:
    command = ["uvicorn", "--port", str(port), "--workers", str(workers), "--log-level", "error"]
    return [*command, "fastapi_application:app"]


SERVERS = {"flask": flask_command, "fastapi": fastapi_command}


@contextmanager
def serving(name: str, address: str, workers: int = 1) -> Iterator[int]:
    port = free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT / 'clients/python/src'}:{APPLICATIONS}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "INFERMETER_ADDRESS": address,
    }
    command = SERVERS[name](port, workers)
    server = subprocess.Popen([sys.executable, "-m", *command], env=environment, cwd=APPLICATIONS)
    try:
        wait_for(lambda: can_connect(port), "the server to listen", 60)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def leave_early(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.recv(1000)


@pytest.mark.parametrize("name", SERVERS)
def test_requests_are_measured_to_their_end(agent: ScriptedAgent, name: str) -> None:
    template = "/models/<name>" if name == "flask" else "/models/{name}"
    with serving(name, agent.address) as port:
        assert [get(port, path)[0] for path in ("/healthz", "/missing", "/refused")] == [200, 404, 422]
        assert get(port, "/predict") == (200, b"done")
        assert get(port, "/models/a")[0] == get(port, "/models/b")[0] == 200
        assert get(port, "/stream") == (200, b"0123")
        assert get(port, "/broken")[0] == get(port, "/raises")[0] == 500
        leave_early(port)
        wait_for(lambda: len(agent.rows) >= 7, "the request that was left")
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in agent.rows:
        rows.setdefault(row["operation"], []).append(row)
    statuses = {operation: [row["status"] for row in found] for operation, found in rows.items()}
    assert statuses == {
        "own": [1],
        template: [1, 1],
        "/stream": [1],
        "/broken": [2],
        "/raises": [2],
        "/long": [2],
    }
    (predict,), (stream,) = rows["own"], rows["/stream"]
    assert predict["phases"]["inference"][0] >= 5e6 and predict["batch_size"] == 3
    assert stream["duration_nano"] >= 60e6


@pytest.mark.parametrize("name", SERVERS)
def test_workers_of_a_server_each_send_their_own_and_lose_nothing_when_it_stops(
    built_agent: BuiltAgent, name: str
) -> None:
    def ask() -> None:
        for _ in range(25):
            assert get(port, "/predict")[0] == 200

    with serving(name, built_agent.address, workers=2) as port:
        clients = [threading.Thread(target=ask) for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    time.sleep(0.1)
    source = built_agent.source()
    assert (source["accepted"], source["duplicate"], source["clientDropped"]) == (100, 0, 0)
