"""The built agent as a child process, on free ports and with a folder of its own."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_READY_WITHIN_S = 15


@contextmanager
def running_agent() -> Iterator[str]:
    """Its gRPC address; `npm run build` must have been run."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        command = ["node", _ROOT / "dist/agent/main.js", "run", "--data-dir", folder, "--log-level", "error"]
        command += ["--grpc", f"127.0.0.1:{port}", "--http", "127.0.0.1:0"]
        command += ["--set", "listen.otlp_http.address=127.0.0.1:0"]
        agent = subprocess.Popen(command)
        try:
            _wait_until_open(port)
            yield f"127.0.0.1:{port}"
        finally:
            agent.terminate()
            agent.wait()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_until_open(port: int) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)
