"""The client from its sources, an agent that does as told, and the built one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
ROOT = Path(__file__).parents[3]
sys.path[:0] = [
    str(ROOT / "clients/python/src"),
    str(ROOT / "clients/python/bench"),
    str(Path(__file__).parent),
]

from built_agent import BuiltAgent
from scripted_agent import ScriptedAgent


@pytest.fixture
def agent() -> Iterator[ScriptedAgent]:
    scripted = ScriptedAgent()
    yield scripted
    scripted.stop()


@pytest.fixture
def built_agent(tmp_path: Path) -> Iterator[BuiltAgent]:
    built = BuiltAgent(tmp_path)
    built.start()
    yield built
    built.stop()
