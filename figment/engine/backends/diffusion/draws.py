"""What schedulers draw as they step comes from the seed's own stream, as the first noise does: the same picture on every device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from figment.engine import noise
from figment.engine.windows import Window


class Draws(TorchFunctionMode):
    """Within it, `torch.randn` and `torch.randn_like` of this thread give `figment.engine.noise` of `seed`, one stream a call.

    diffusers' schedulers draw through them. `next_stream` is the stream of the next call; 0 is a picture's first noise.
    """

    def __init__(self, seed: int, next_stream: int, window: Window | None = None) -> None:
        super().__init__()
        self._seed, self._window = seed, window
        self.next_stream = next_stream

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if func is torch.randn:
            size = given.get("size", args)
            shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
            return self._drawn(tuple(shape), given.get("device"), given.get("dtype"))
        if func is torch.randn_like:
            return self._drawn(tuple(args[0].shape), args[0].device, given.get("dtype") or args[0].dtype)
        return func(*args, **given)

    def _drawn(self, shape: tuple[int, ...], device: Any, dtype: Any) -> Tensor:
        made = normals(self._seed, shape, self.next_stream, self._window)
        self.next_stream += 1
        # From ordinary memory the copy would wait for all that the device has to do before.
        made = made.pin_memory() if torch.device(device or "cpu").type == "cuda" else made
        return made.to(device=device, dtype=dtype, non_blocking=True)


def normals(seed: int, shape: tuple[int, ...], stream: int = 0, window: Window | None = None) -> Tensor:
    """Standard normal noise of a seed: `shape`, float32, on the processor. `window`: its part of the noise of the whole."""
    if window is None:
        return torch.from_numpy(noise.normals(seed, shape, stream))
    whole = noise.shared_normals(seed, (*shape[:-2], *window.of), stream)
    return torch.from_numpy(whole[..., *window.within()].copy())
