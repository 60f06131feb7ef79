"""Make a transformer's activations easy to quantise before its linear layers go to int8 (SmoothQuant, Xiao et al. 2023, section 4).

Dynamic int8 gives one scale to all channels of an activation, so a few large channels leave the others only a few steps. Each
linear layer's input channel j is divided by ``s_j = max|x_j|^a / max|w_j|^(1-a)`` and its weights multiplied by it: the same
product, both factors of even size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

# Chosen on held-out training groups: at 0.8 the int8 MPNet agrees with the float one on 96.5 % of the verdicts, unsmoothed it loses
# more than a point of AUC. The smoothed DeBERTa agrees on 98.8 % of 510; unsmoothed it was not tried.
STRENGTH = 0.8


class Smoothed(nn.Module):
    """A linear layer whose input is scaled down per channel and whose weights are scaled up."""

    def __init__(self, linear: nn.Linear, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("down", 1.0 / scale)
        self.linear = nn.Linear(linear.in_features, linear.out_features, bias=linear.bias is not None)
        with torch.no_grad():
            self.linear.weight.copy_(linear.weight * scale)
            if linear.bias is not None:
                self.linear.bias.copy_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x * self.down)


def smooth(model: nn.Module, part: nn.Module, run: Callable[[], object], strength: float = STRENGTH) -> None:
    """Replace every linear layer of ``part`` by a smoothed one.

    Args:
        model: the whole model, in evaluation mode.
        part: whose layers; usually the encoder.
        run: runs the model on typical inputs once, so that the sizes of its activations are seen.
        strength: how much of the difficulty moves from activations to weights, 0 to 1.
    """
    largest: dict[nn.Module, Tensor] = {}

    def watch(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen = inputs[0].detach().abs().flatten(0, -2).amax(0)
        largest[layer] = torch.maximum(largest[layer], seen) if layer in largest else seen

    layers = [module for module in part.modules() if isinstance(module, nn.Linear)]
    hooks = [layer.register_forward_pre_hook(watch) for layer in layers]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    for parent in list(part.modules()):
        for name, layer in list(parent.named_children()):
            if layer in largest:
                weights = layer.weight.detach().abs().amax(0).clamp(min=1e-5)
                scale = (largest[layer].float().clamp(min=1e-5) ** strength / weights ** (1 - strength)).clamp(min=1e-4)
                setattr(parent, name, Smoothed(layer, scale))
