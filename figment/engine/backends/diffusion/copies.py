"""Between the processor's memory and the device's: nobody waits for more than the bytes that they asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Arriving(Protocol):
    """A tensor on its way to the processor."""

    def here(self) -> Tensor:
        """It, on the processor, once it is complete. Of later work on the device nothing is waited for."""
        ...


class Copies(Protocol):
    """Every method may be called on any thread."""

    def up(self, tensor: Tensor) -> Tensor:
        """A tensor of the processor's on the device, for what the calling thread does there next. Does not wait."""
        ...

    def down(self, tensor: Tensor) -> Arriving:
        """Begin to fetch a tensor of the device. Does not wait."""
        ...


def of(device: torch.device) -> Copies:
    return PinnedCopies(device) if device.type == "cuda" else PlainCopies(device)


@dataclass(frozen=True, slots=True)
class Arrived:
    tensor: Tensor

    def here(self) -> Tensor:
        return self.tensor


@dataclass(frozen=True, slots=True)
class PlainCopies:
    """Where the device's memory is the processor's own."""

    device: torch.device

    def up(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device)

    def down(self, tensor: Tensor) -> Arriving:
        return Arrived(tensor.cpu())


@dataclass(frozen=True, slots=True)
class _Fetched:
    host: Tensor
    complete: torch.cuda.Event

    def here(self) -> Tensor:
        self.complete.synchronize()
        return self.host


class PinnedCopies:
    """CUDA: through page-locked memory, which torch keeps and gives out again, on a stream of their own."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)

    def up(self, tensor: Tensor) -> Tensor:
        at_work = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(self._stream):
            there = tensor.pin_memory().to(self._device, non_blocking=True)
            complete = self._stream.record_event()
        at_work.wait_event(complete)
        # It was allocated on the copies' stream: without this its memory is given away while the other still reads it.
        there.record_stream(at_work)
        return there

    def down(self, tensor: Tensor) -> Arriving:
        made = torch.cuda.current_stream(self._device).record_event()
        with torch.cuda.stream(self._stream):
            self._stream.wait_event(made)
            host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            host.copy_(tensor, non_blocking=True)
            complete = self._stream.record_event()
        tensor.record_stream(self._stream)
        return _Fetched(host, complete)
