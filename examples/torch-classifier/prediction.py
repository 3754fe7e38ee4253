"""A prediction, from what a client sent to what it gets, whichever framework serves it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import torch
from classifier import IMAGE_SIZE, VARIANTS, Classifier, best_class, image_of, random_image
from infermeter import Meter, Request
from service_metrics import ServiceMetrics

_PIXELS = 3 * IMAGE_SIZE * IMAGE_SIZE


class BadRequest(ValueError):
    """Says what is wrong with what the client sent."""


class Service:
    """Both variants, a meter for each."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        # The address of the agent is $INFERMETER_ADDRESS, or localhost:4317.
        self.meter = Meter("classifier", "fp32")
        self._meters = {variant: self.meter.using(variant=variant) for variant in VARIANTS}
        self._classifiers = {variant: Classifier(variant) for variant in VARIANTS}
        self._metrics = {variant: ServiceMetrics() for variant in VARIANTS}

    def predict(self, request: Request, query: Mapping[str, object]) -> dict[str, object]:
        """`query`: variant, and pixels or a seed to draw them from. Raises BadRequest."""
        started_s = time.perf_counter()
        variant = query.get("variant", VARIANTS[0])
        if not isinstance(variant, str) or variant not in VARIANTS:
            raise BadRequest(f"variant: must be one of {', '.join(VARIANTS)}")
        request.use(self._meters[variant])
        classifier = self._classifiers[variant]
        with request.phase("preprocess"):
            image = _image_of(query)
        with request.phase("queue"):
            classifier.turn.acquire()
        try:
            with request.phase("inference"):
                probabilities = classifier.run(image)
        finally:
            classifier.turn.release()
        with request.phase("postprocess"):
            result = best_class(probabilities)
        metrics = self._metrics[variant].add(time.perf_counter() - started_s)
        return {"variant": variant, "result": result, "metrics": metrics}

    def stats(self) -> dict[str, object]:
        return {variant: metrics.summary() for variant, metrics in self._metrics.items()}


def _image_of(query: Mapping[str, object]) -> torch.Tensor:
    pixels = query.get("pixels")
    if pixels is None:
        return random_image(_seed_of(query.get("seed", 0)))
    if not isinstance(pixels, list) or len(pixels) != _PIXELS:
        raise BadRequest(f"pixels: must be a list of {_PIXELS} numbers")
    if not all(type(pixel) in (int, float) and math.isfinite(pixel) and 0 <= pixel <= 1 for pixel in pixels):
        raise BadRequest("pixels: must be numbers from 0 to 1")
    return image_of(pixels)


def _seed_of(value: object) -> int:
    try:
        seed = int(str(value))
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**63:
        raise BadRequest("seed: must be a whole number from 0")
    return seed
