"""A network that classifies images, as it is and with int8 weights. Its weights are random: what it answers means
nothing, what it takes does.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

VARIANTS = ("fp32", "int8")
IMAGE_SIZE = 32
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_PATCH = 8
_WIDTH = 640
_BLOCKS = 4
_SEED = 7


class Classifier:
    """One variant. Runs one request at a time, so that each has the processor for itself."""

    def __init__(self, variant: str) -> None:
        self.variant = variant
        network = _create_network()
        self._network = network if variant == "fp32" else _quantize(network)
        self._turn = threading.Lock()
        self.run(torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE))  # the first run prepares what later ones reuse

    @property
    def turn(self) -> threading.Lock:
        """Hold it around `run`."""
        return self._turn

    def run(self, images: Tensor) -> Tensor:
        """Probabilities: one row an image."""
        with torch.inference_mode():
            return torch.softmax(self._network(images), dim=1)


def image_of(pixels: Sequence[float]) -> Tensor:
    """3 × 32 × 32 numbers from 0 to 1, channel by channel."""
    return torch.tensor(pixels, dtype=torch.float32).reshape(1, 3, IMAGE_SIZE, IMAGE_SIZE)


def random_image(seed: int) -> Tensor:
    return torch.rand(1, 3, IMAGE_SIZE, IMAGE_SIZE, generator=torch.Generator().manual_seed(seed))


def best_class(probabilities: Tensor) -> dict[str, object]:
    probability, index = probabilities[0].max(dim=0)
    return {"class": CLASSES[int(index)], "probability": round(float(probability), 6)}


class _Patches(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        tiles = images.unfold(2, _PATCH, _PATCH).unfold(3, _PATCH, _PATCH)
        return tiles.permute(0, 2, 3, 1, 4, 5).reshape(images.shape[0], -1, 3 * _PATCH * _PATCH)


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, 4 * _WIDTH), nn.GELU(), nn.Linear(4 * _WIDTH, _WIDTH)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        output: Tensor = tokens + self.inner(tokens)
        return output


class _Mean(nn.Module):
    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.mean(dim=1)


def _create_network() -> nn.Module:
    torch.manual_seed(_SEED)
    head = [_Patches(), nn.Linear(3 * _PATCH * _PATCH, _WIDTH)]
    tail = [nn.LayerNorm(_WIDTH), _Mean(), nn.Linear(_WIDTH, len(CLASSES))]
    return nn.Sequential(*head, *(_Block() for _ in range(_BLOCKS)), *tail).eval()


def _quantize(network: nn.Module) -> nn.Module:
    """Weights of the linear layers as int8; activations are quantized in each run, by what is in them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its successor, torchao, is a package of its own
        quantized: nn.Module = torch.ao.quantization.quantize_dynamic(network, {nn.Linear}, dtype=torch.qint8)
    return quantized
