"""Reads points of the agent over HTTP, as a dashboard would."""

import json
import time
from urllib.parse import urlencode
from urllib.request import urlopen

from evidence_paths import AGENT_HTTP, GRACE_S, LATENESS_S


def read_points(measurement: str, from_ms: float, to_ms: float, **tags: str) -> list[dict]:
    """Rows {time, tags, fields} with from_ms <= time <= to_ms, in order of time; none where it is not known."""
    query = {"measurement": measurement, "from": int(from_ms), "to": int(to_ms) + 1, "limit": 50_000, **tags}
    try:
        with urlopen(f"{AGENT_HTTP}/api/v1/points?{urlencode(query)}", timeout=30) as response:
            rows = json.load(response)["rows"]
    except OSError as error:
        print(f"no {measurement}: {error}", flush=True)
        return []
    return sorted((row for row in rows if from_ms <= row["time"] <= to_ms), key=lambda row: row["time"])


def read_status() -> dict:
    with urlopen(f"{AGENT_HTTP}/api/v1/status", timeout=30) as response:
        return json.load(response)


def wait_until_written(end_ms: float) -> None:
    """Until the final points of windows that end by then are in the store."""
    left_s = end_ms / 1000 + LATENESS_S + 2 * GRACE_S - time.time()
    if left_s > 0:
        print(f"waiting {left_s:.0f} s for the last windows", flush=True)
        time.sleep(left_s)


def mean_of(rows: list[dict], field: str) -> float | None:
    values = [row["fields"][field] for row in rows if field in row["fields"]]
    return sum(values) / len(values) if values else None


def sum_of(rows: list[dict], field: str) -> float | None:
    values = [row["fields"][field] for row in rows if field in row["fields"]]
    return sum(values) if values else None


def greatest_of(rows: list[dict], field: str) -> float | None:
    return max((row["fields"][field] for row in rows if field in row["fields"]), default=None)
