"""The variants of a network: fp32, fp16, bf16 as they are, fp8 and int8 with every block's products quantized.

Weights have a scale per output channel, made once. Activations have one per token, made in each call: the greatest
value of a row becomes the greatest number of the type. Nothing is calibrated.
"""

from __future__ import annotations

import torch
from row_scaling import quantize_rows, rescale
from torch import Tensor, nn

VARIANTS = ("fp32", "fp16", "bf16", "fp8", "int8")
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16}


class Int8Linear(nn.Module):
    """int8 times int8 into int32 (`torch._int_mm`: more than 16 rows, sides that are multiples of 8)."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        quantized, scales = quantize_rows(weight, torch.int8)
        self.register_buffer("weight", quantized)
        self.register_buffer("scales", scales.reshape(1, -1))

    def forward(self, x: Tensor) -> Tensor:
        rows, scales = quantize_rows(x.flatten(end_dim=-2), torch.int8)
        product = torch._int_mm(rows, self.weight.t())
        return rescale(product, scales, self.scales, x.dtype).unflatten(0, x.shape[:-1])


class Fp8Linear(nn.Module):
    """fp8 (e4m3) times fp8 into bf16; the scales are applied inside the product. Ada, Hopper and later."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        quantized, scales = quantize_rows(weight, torch.float8_e4m3fn)
        self.register_buffer("weight", quantized)
        self.register_buffer("scales", scales.reshape(1, -1))

    def forward(self, x: Tensor) -> Tensor:
        rows, scales = quantize_rows(x.flatten(end_dim=-2), torch.float8_e4m3fn)
        product = torch._scaled_mm(
            rows, self.weight.t(), scale_a=scales, scale_b=self.scales, out_dtype=x.dtype, use_fast_accum=True
        )
        return product.unflatten(0, x.shape[:-1])


_LAYERS = {"fp8": Fp8Linear, "int8": Int8Linear}


def supported_variants(device: torch.device) -> tuple[str, ...]:
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 9):
        return VARIANTS
    return tuple(variant for variant in VARIANTS if variant != "fp8")


def convert(network: nn.Module, variant: str) -> nn.Module:
    """Makes the network that variant, in place. What is not quantized computes in fp32, fp16 or bf16."""
    network.to(_DTYPES.get(variant, torch.bfloat16))
    layer = _LAYERS.get(variant)
    if layer is not None:
        for block in network.blocks:
            for name, child in list(block.named_children()):
                if isinstance(child, nn.Linear):
                    setattr(block, name, layer(child.weight))
    return network


def forbid_tf32() -> None:
    """fp32 shall mean fp32: no product of it may run on tensor cores, where 13 bits of each factor are lost."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    # Its attention in fp32 would run on tensor cores, in three passes of tf32; fp16 and bf16 use the flash kernel.
    torch.backends.cuda.enable_mem_efficient_sdp(False)
