"""One network in one variant on one device, and the steps of a request on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from models import IMAGE_SIZE, TEXT_LENGTH, VOCABULARY, create_network
from quantize import convert
from torch import Tensor

# As `phase` of infermeter's Request: a block in which a part of the request runs.
Phase = Callable[[str], AbstractContextManager[object]]

_WARM_UP_RUNS = 3
_TOP = 5


class BadRequest(ValueError):
    pass


class Engine:
    """`turn` is shared by all engines of a device: one request is on it at a time, so that phases do not mix."""

    def __init__(
        self, model: str, variant: str, size: str, device: torch.device, turn: threading.Lock
    ) -> None:
        self.model = model
        self.variant = variant
        self._device = device
        self._turn = turn
        self._network = convert(create_network(model, size, device), variant)
        self.batches = 0
        self.inference_seconds = 0.0
        if device.type == "cuda":
            torch.cuda.empty_cache()  # of the fp32 weights that it was made from

    def warm_up(self, batch_size: int) -> None:
        """The first runs choose algorithms and compile kernels; no request shall wait for that."""
        with torch.inference_mode():
            for _ in range(_WARM_UP_RUNS):
                self._network(self._random_inputs(batch_size, seed=0).to(self._device))
        self._synchronize()

    def run(self, phase: Phase, batch_size: int, source: bytes | int) -> list[list[int]]:
        """The best classes of each item; `source` is the body of the request, or a seed to draw inputs from.

        Phases are of the host's clock. A phase on the GPU ends when the GPU has done it: without `synchronize` the
        copy and the network would only be queued, and their time would show in whatever waits first.
        """
        with phase("preprocess"):
            inputs = self._inputs(batch_size, source)
        with phase("queue"):
            self._turn.acquire()
        try:
            logits = self._run_on_device(phase, inputs)
        finally:
            self._turn.release()
        with phase("postprocess"):
            return logits.float().topk(_TOP, dim=1).indices.tolist()

    def tokens_of(self, items: int) -> int | None:
        return TEXT_LENGTH * items if self.model == "text" else None

    @torch.inference_mode()
    def _run_on_device(self, phase: Phase, inputs: Tensor) -> Tensor:
        with phase("h2d"):
            inputs = inputs.to(self._device, non_blocking=True)
            self._synchronize()
        with phase("inference"):
            started = time.perf_counter()
            logits = self._network(inputs)
            self._synchronize()
            self.inference_seconds += time.perf_counter() - started
            self.batches += 1
        with phase("d2h"):
            return logits.cpu()

    def _inputs(self, batch_size: int, source: bytes | int) -> Tensor:
        if isinstance(source, bytes):
            inputs = self._decode(batch_size, source)
        else:
            inputs = self._random_inputs(batch_size, source)
        # Pinned memory is copied by the GPU itself, at the full speed of the link.
        return inputs.pin_memory() if self._device.type == "cuda" else inputs

    def _decode(self, batch_size: int, body: bytes) -> Tensor:
        shape, dtype = self._input_form(batch_size)
        if len(body) != shape.numel() * dtype.itemsize:
            raise BadRequest(
                f"body: must be {list(shape)} of {dtype}, that is {shape.numel() * dtype.itemsize} bytes"
            )
        inputs = torch.frombuffer(bytearray(body), dtype=dtype).reshape(shape)
        if self.model == "text" and not (int(inputs.min()) >= 0 and int(inputs.max()) < VOCABULARY):
            raise BadRequest(f"body: token ids must be from 0 to {VOCABULARY - 1}")
        return inputs

    def _random_inputs(self, batch_size: int, seed: int) -> Tensor:
        shape, dtype = self._input_form(batch_size)
        bound = VOCABULARY if self.model == "text" else 256
        return torch.randint(0, bound, shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))

    def _input_form(self, batch_size: int) -> tuple[torch.Size, torch.dtype]:
        if self.model == "text":
            return torch.Size((batch_size, TEXT_LENGTH)), torch.int32
        return torch.Size((batch_size, 3, IMAGE_SIZE, IMAGE_SIZE)), torch.uint8

    def _synchronize(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
