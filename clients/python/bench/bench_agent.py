"""The built agent as a child process, on free ports and with a folder of its own."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_READY_WITHIN_S = 15


class BenchAgent:
    """`npm run build` must have been run. Runs while its `with` block does."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._port = free_port()
        self.address = f"127.0.0.1:{self._port}"

    def __enter__(self) -> BenchAgent:
        self._start()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def kill_and_start_again(self) -> None:
        self._process.kill()
        self._process.wait()
        time.sleep(0.5)
        self._start()

    def _start(self) -> None:
        command = ["node", str(_ROOT / "dist/agent/main.js"), "run", "--log-level", "error"]
        command += ["--data-dir", self._folder.name, "--grpc", self.address, "--http", "127.0.0.1:0"]
        command += ["--set", "listen.otlp_http.address=127.0.0.1:0"]
        self._process = subprocess.Popen(command)
        deadline_s = time.monotonic() + _READY_WITHIN_S
        while not self._is_open():
            if time.monotonic() > deadline_s:
                raise TimeoutError("the agent does not listen")
            time.sleep(0.05)

    def _is_open(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
