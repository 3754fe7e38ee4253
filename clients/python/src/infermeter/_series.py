"""What spans are counted by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Longer ones are refused by every agent; cut here, so that no text makes a batch too large.
_MAX_TEXT = 1100


def text_of(value: object) -> str:
    return str(value)[:_MAX_TEXT]


class Series:
    """One model, variant, version, operation and set of labels. Equal ones are made once: they are told by identity."""

    __slots__ = ("labels", "model", "names", "operation")

    def __init__(self, names: Iterable[str], labels: Mapping[str, str]) -> None:
        # model, variant, version, operation
        self.names: tuple[str, ...] = tuple(text_of(name) for name in names)
        self.model, _, _, self.operation = self.names
        self.labels: dict[str, str] = {text_of(key): text_of(value) for key, value in labels.items()}

    @property
    def fault(self) -> str | None:
        """Why no agent would take it."""
        return None if self.model else "model: must not be empty"
