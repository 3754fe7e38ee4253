"""Between floating point and quantized rows: in one kernel each on a GPU (Triton), in plain PyTorch elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor

try:
    import row_scaling_kernels as kernels
except ImportError:  # no Triton: several passes over memory instead of one, the same results
    kernels = None

# The least scale: a row of zeros stays zeros.
TINY = 1e-12


def greatest(dtype: torch.dtype) -> float:
    """The greatest number that is used of a type: symmetric for int8, 448 for e4m3."""
    return 127.0 if dtype == torch.int8 else torch.finfo(dtype).max


def quantize_rows(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """A matrix as numbers of `dtype` and a scale per row, (rows, 1) of fp32: x is about numbers * scale."""
    if kernels is not None and x.is_cuda:
        return kernels.quantize_rows(x, dtype, greatest(dtype), TINY)
    values = x.float()
    scales = values.abs().amax(dim=1, keepdim=True).clamp(min=TINY) / greatest(dtype)
    scaled = (values / scales).clamp(-greatest(dtype), greatest(dtype))
    return (scaled.round() if dtype == torch.int8 else scaled).to(dtype), scales


def rescale(product: Tensor, row_scales: Tensor, column_scales: Tensor, dtype: torch.dtype) -> Tensor:
    """What the int32 product of two quantized matrices stands for."""
    if kernels is not None and product.is_cuda:
        return kernels.rescale(product, row_scales, column_scales, dtype)
    return (product * row_scales * column_scales).to(dtype)
