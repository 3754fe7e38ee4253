"""What a client tells of itself."""

from __future__ import annotations

from typing import NamedTuple


class ClientError(NamedTuple):
    """Trouble that no request was told of.

    `connection`: the agent cannot be reached or does not answer; the client goes on trying. `refused`: the agent took
    spans for invalid. `full`: spans were dropped because too many waited. `invalid`: figures that cannot be sent.
    """

    kind: str
    # One sentence.
    message: str
    # Unix seconds.
    at: float


class Stats(NamedTuple):
    """Counters of all meters with the same agent, since the process started or forked.

    recorded = accepted + rejected + dropped + waiting, always.
    """

    recorded: int
    # Put into a call to the agent; one that was sent again counts once.
    sent: int
    accepted: int
    # Refused by the agent.
    rejected: int
    # Let go here, because too many waited. The agent is told.
    dropped: int
    # Not answered yet.
    waiting: int
    # Refused here because a figure was no number, or the model had no name; not part of `recorded`.
    invalid: int
    reconnects: int
    last_error: ClientError | None
