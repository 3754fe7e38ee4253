"""The built agent as a child process, whose port stays the same when it is started again."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).parents[3]
_WITHIN_S = 20


class BuiltAgent:
    def __init__(self, folder: Path, *settings: str) -> None:
        self._grpc, self._http = free_port(), free_port()
        self.address = f"127.0.0.1:{self._grpc}"
        listen = {"grpc": self._grpc, "http": self._http, "otlp_http": 0}
        addresses = [f"listen.{name}.address=127.0.0.1:{port}" for name, port in listen.items()]
        options = [text for setting in [*addresses, *settings] for text in ("--set", setting)]
        self._command = ["node", str(ROOT / "dist/agent/main.js"), "run", "--data-dir", str(folder / "data")]
        self._command += ["--interval", "1s", "--log-level", "error", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        wait_for(lambda: can_connect(self._grpc) and can_connect(self._http), "the agent to listen")

    def cli(self, *arguments: str) -> str:
        """What the command prints; it must end well."""
        code, output = self.try_cli(*arguments)
        assert code == 0, (code, output)
        return output

    def try_cli(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of a command that asks this agent."""
        url = f"http://127.0.0.1:{self._http}"
        command = [*self._command[:2], *arguments, "--status-url", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + (done.stderr if done.returncode not in (0, 3) else "")

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process
        return self._process

    def get(self, path: str) -> Any:
        with urlopen(f"http://127.0.0.1:{self._http}/api/v1/{path}", timeout=10) as response:
            return json.load(response)

    def source(self) -> dict[str, Any]:
        """What the agent counted of calls like the client's."""
        sources = self.get("status")["sources"]
        found: dict[str, Any] = next(one for one in sources if one["source"] == "report")
        return found

    def points(self, measurement: str) -> list[Any]:
        rows: list[Any] = self.get(f"points?measurement={measurement}&from=0&to=9999999999999&limit=50000")[
            "rows"
        ]
        return rows


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def wait_for(condition: Any, what: str, within_s: float = _WITHIN_S) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"waited {within_s} s for {what}"
        time.sleep(0.02)
