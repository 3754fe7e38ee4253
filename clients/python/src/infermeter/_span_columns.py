"""Records of requests as the `SpanColumns` of proto/infermeter/v1/span_service.proto."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Sequence
from operator import sub
from typing import Any, NamedTuple

from infermeter._proto_writer import block, integer, packed_integers, packed_numbers, text
from infermeter._series import Series, text_of
from infermeter._span_queue import (
    BATCH_SIZE,
    END,
    FIRST_TOKEN,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    PHASES,
    SERIES,
    START,
    STATUS,
    Record,
)

# Below the least limit that an agent can be given (64 KiB), with room for what else a batch says.
_MAX_BYTES = 60_000
# An agent takes 32 of one span; one more lets it say so, and bounds the columns.
_MAX_PHASES = 33
_NAN = float("nan")
# Field numbers of SpanColumns, by their place in a record.
_COUNTS = {BATCH_SIZE: 8, INPUT_TOKENS: 9, OUTPUT_TOKENS: 10}


class EncodedSpans(NamedTuple):
    """One message, and how many spans it holds."""

    columns: bytes
    spans: int


def encode_spans(records: Sequence[Record], unix_offset_ns: int) -> tuple[list[EncodedSpans], int]:
    """Messages with all records, small enough for any agent, and the number of records that cannot be sent.

    `unix_offset_ns`: what makes Unix time of `time.perf_counter_ns`.
    """
    if not records:
        return [], 0
    if len(records) == 1 or len(records) * _size_of(max(map(len, records))) <= _MAX_BYTES:
        try:
            columns = _Columns(unix_offset_ns)
            columns.add_all(records)
            encoded = columns.encode()
            if len(encoded) <= _MAX_BYTES or len(records) == 1:
                return [EncodedSpans(encoded, len(records))], 0
        except Exception:
            # A figure that is no number, a name that is none: whose it is shows when the record is alone.
            if len(records) == 1:
                return [], 1
    middle = len(records) // 2
    first, first_invalid = encode_spans(records[:middle], unix_offset_ns)
    second, second_invalid = encode_spans(records[middle:], unix_offset_ns)
    return first + second, first_invalid + second_invalid


def _size_of(fields: int) -> int:
    """Bytes of a span with so many fields, if all of its batch are like it."""
    return 52 + 16 * (fields - PHASES) // 3


class _Columns:
    """Hot: records of one shape become columns in loops of the interpreter's, not of ours (bench/flush.py)."""

    def __init__(self, unix_offset_ns: int) -> None:
        self._unix_offset_ns = unix_offset_ns
        self._count = 0
        self._series: dict[Series, int] = {}
        self._codes: list[int] = []
        self._ends = array("Q")
        self._durations = array("d")
        self._counts: dict[int, array[float]] = {}
        self._first_tokens = array("d")
        self._phases: dict[str, tuple[array[float], array[float]]] = {}

    def add_all(self, records: Sequence[Record]) -> None:
        groups: dict[tuple[Hashable, ...], list[Record]] = {}
        for record in records:
            names = record[PHASES::3]
            group = groups.get(names)
            if group is None:
                groups[names] = [record]
            else:
                group.append(record)
        for names, group in groups.items():
            self._add(names, list(zip(*group)), len(group))

    def _add(self, names: tuple[Hashable, ...], fields: list[tuple[Any, ...]], count: int) -> None:
        index_of = self._series.setdefault
        series = self._series
        self._codes += [
            index_of(one, len(series)) * 4 + status for one, status in zip(fields[SERIES], fields[STATUS])
        ]
        starts, ends = fields[START], fields[END]
        self._ends.extend(map(self._unix_offset_ns.__add__, ends))
        self._durations.extend(map(sub, ends, starts))
        for place, field in _COUNTS.items():
            values = fields[place]
            if values.count(None) < count:
                column = self._counts.setdefault(field, array("d"))
                self._pad(column)
                column.extend([_NAN if value is None else value for value in values])
        first_tokens = fields[FIRST_TOKEN]
        if first_tokens.count(None) < count:
            self._pad(self._first_tokens)
            self._first_tokens.extend(
                [_NAN if first is None else first - start for first, start in zip(first_tokens, starts)]
            )
        kept = list(dict.fromkeys(names))[:_MAX_PHASES]
        for at, name in enumerate(names):
            if name not in kept:
                continue
            at = PHASES + 3 * at
            self._add_phase(text_of(name), fields[at + 1], fields[at + 2], starts)
        self._count += count

    def _add_phase(
        self, name: str, begins: tuple[Any, ...], ends: tuple[Any, ...], starts: tuple[Any, ...]
    ) -> None:
        if name not in self._phases:
            self._phases[name] = array("d"), array("d")
        durations, offsets = self._phases[name]
        self._pad(durations)
        self._pad(offsets)
        added = map(sub, ends, begins)
        if (
            len(durations) > self._count
        ):  # it runs for a second time: the times add up, the first start counts
            for i, duration in enumerate(added, self._count):
                durations[i] += duration
            return
        durations.extend(added)
        offsets.extend(map(sub, begins, starts))

    def _pad(self, column: array[float]) -> None:
        """Makes room for the records before, which have no such figure."""
        missing = self._count - len(column)
        if missing > 0:
            column.extend(array("d", [_NAN]) * missing)

    def encode(self) -> bytes:
        strings: dict[str, int] = {}
        parts = [block(2, _encode_series(one, strings)) for one in self._series]
        parts.append(packed_integers(3, self._codes))
        parts.append(packed_numbers(4, self._ends))
        parts.append(packed_numbers(5, self._durations))
        optional = {**self._counts, 11: self._first_tokens}
        for field, column in optional.items():
            if column:
                self._pad(column)
                parts.append(packed_numbers(field, column))
        for name, (durations, offsets) in self._phases.items():
            self._pad(durations)
            self._pad(offsets)
            reference = integer(1, _reference(name, strings))
            parts.append(block(6, reference + packed_numbers(2, durations) + packed_numbers(3, offsets)))
        parts += [text(1, string) for string in strings]
        return b"".join(parts)


def _encode_series(series: Series, strings: dict[str, int]) -> bytes:
    references = [_reference(name, strings) for name in series.names]
    body = b"".join(integer(field, reference) for field, reference in enumerate(references, 1))
    labels = [_reference(part, strings) for label in series.labels.items() for part in label]
    return body + packed_integers(5, labels) if labels else body


def _reference(string: str, strings: dict[str, int]) -> int:
    """Index of the string plus one; 0: empty."""
    return strings.setdefault(string, len(strings) + 1) if string else 0
