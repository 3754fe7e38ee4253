"""Two networks with random weights, whose work is nearly all in linear layers: that is what quantization changes.

Linear layers have no bias, as in many language models, so that a variant needs to replace nothing but the product.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGE_SIZE = 224
PATCH_SIZE = 16
PATCHES = (IMAGE_SIZE // PATCH_SIZE) ** 2
IMAGE_CLASSES = 1000
TEXT_LENGTH = 128
VOCABULARY = 8192
TEXT_CLASSES = 16


@dataclass(frozen=True)
class Shape:
    width: int
    heads: int
    blocks: int


# `large`: a few blocks as wide as those of language models of 70 billion parameters and more, where a product takes
# long against what surrounds it, as in serving. `small` runs on any CPU.
SHAPES = {
    ("vision", "small"): Shape(width=128, heads=4, blocks=2),
    ("text", "small"): Shape(width=128, heads=4, blocks=2),
    ("vision", "large"): Shape(width=8192, heads=64, blocks=4),
    ("text", "large"): Shape(width=12288, heads=96, blocks=2),
}
MODELS = ("vision", "text")


class Block(nn.Module):
    """Attention, then a perceptron of four times the width; each is added to its input, normalized before."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.LayerNorm(shape.width)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.attention_out = nn.Linear(shape.width, shape.width, bias=False)
        self.mlp_norm = nn.LayerNorm(shape.width)
        self.mlp_in = nn.Linear(shape.width, 4 * shape.width, bias=False)
        self.mlp_out = nn.Linear(4 * shape.width, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention_out(self._attend(self.qkv(self.attention_norm(x))))
        return x + self.mlp_out(F.gelu(self.mlp_in(self.mlp_norm(x)), approximate="tanh"))

    def _attend(self, qkv: Tensor) -> Tensor:
        q, k, v = qkv.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(-2)


class VisionTransformer(nn.Module):
    """Images (batch, 3, 224, 224) of bytes to logits (batch, 1000)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.patch = nn.Linear(3 * PATCH_SIZE**2, shape.width, bias=False)
        self.position = nn.Parameter(0.02 * torch.randn(PATCHES, shape.width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, IMAGE_CLASSES, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        pixels = images.to(self.position.dtype) / 127.5 - 1
        side = IMAGE_SIZE // PATCH_SIZE
        grid = pixels.unflatten(3, (side, PATCH_SIZE)).unflatten(2, (side, PATCH_SIZE))
        x = self.patch(grid.permute(0, 2, 4, 1, 3, 5).reshape(len(images), PATCHES, -1)) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(dim=1))


class TextEncoder(nn.Module):
    """Token ids (batch, 128) to logits (batch, 16)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.token = nn.Embedding(VOCABULARY, shape.width)
        self.position = nn.Parameter(0.02 * torch.randn(TEXT_LENGTH, shape.width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, TEXT_CLASSES, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.token(tokens) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(dim=1))


def create_network(model: str, size: str, device: torch.device) -> nn.Module:
    """The same weights for every variant: they come from one seed, drawn on the device."""
    shape = SHAPES[model, size]
    torch.manual_seed(42)
    with device:
        network = VisionTransformer(shape) if model == "vision" else TextEncoder(shape)
    return network.eval().requires_grad_(False)
