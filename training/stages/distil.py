"""Stage 5: teach the denoiser to walk in few steps, one call each, guidance included.

The teacher is the trained denoiser under classifier-free guidance. The student starts as its copy and learns the average
velocity of the teacher's guided flow over a step, for any number of steps from 1 to 8, any strength and any scale. The
shortest steps learn from the teacher by the midpoint rule; a longer step learns to do in one what the student's own moving
average does in two (Frans et al., "One step diffusion via shortcut models", 2024). Long steps so learn from short ones,
while both train.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from training import checkpoint, flow, loop, masks
from training.config import Config
from training.config import Distil as Settings
from training.flow import Given
from training.latents import LatentData
from training.networks.denoiser import Denoiser
from training.progress import Progress
from training.stages import denoiser as denoiser_stage

NAME = "distil"
FINEST = 8
"""Steps whose length the teacher teaches; 4, 2 and 1 learn from twice as many."""
EASY = 0.02
"""Mean squared error of a row below which it counts less."""
SHOWN_STEPS, SHOWN_GUIDANCE = 4, 5.0


def run(config: Config, folder: Path) -> None:
    """Trains folder/distil.pt from folder/denoiser.pt; starts anew when that has been trained further since."""
    path = folder / f"{NAME}.pt"
    _, teacher = denoiser_stage.averaged(config, folder)
    if (state := checkpoint.load(path)) is not None and state["notes"]["teacher_step"] != teacher["step"]:
        path.unlink()
    loop.run(config, folder, NAME, config.distil, Distillation)


@dataclass(frozen=True)
class Steps:
    """From which time to which each row goes, and under which guidance: three tensors (b,)."""

    time: Tensor
    until: Tensor
    guidance: Tensor

    @property
    def middle(self) -> Tensor:
        return (self.time + self.until) / 2

    def halves(self) -> tuple[Steps, Steps]:
        return replace(self, until=self.middle), replace(self, time=self.middle)


def draw_steps(settings: Settings, count: int, finest: int, device: torch.device) -> Steps:
    """Steps as samplers take them: `strength` in equal parts. The first `finest` rows take 8, the others 1, 2 or 4."""
    drawn = 2 ** torch.randint(3, (count,), device=device)
    parts = torch.where(torch.arange(count, device=device) < finest, FINEST, drawn)
    uniform = torch.rand(4, count, device=device)
    strength = torch.where(uniform[0] < settings.whole_strength, 1.0, 0.1 + 0.9 * uniform[1])
    index = (uniform[2] * parts).floor()
    guidance = settings.most_guidance ** uniform[3]
    guidance = torch.where(torch.rand(count, device=device) < settings.unguided, 1.0, guidance)
    return Steps(strength * (1 - index / parts), strength * (1 - (index + 1) / parts), guidance)


class Distillation:
    """Average velocities of the guided flow."""

    def __init__(self, config: Config, folder: Path, device: torch.device) -> None:
        self.settings, self.device = config.distil, device
        teacher, state = denoiser_stage.averaged(config, folder)
        self.notes: dict[str, Any] = {"teacher_step": state["step"]}
        self.teacher = teacher.to(device, memory_format=torch.channels_last).requires_grad_(False)  # type: ignore[call-overload]
        self.model: Denoiser = copy.deepcopy(self.teacher).train().requires_grad_(True)
        self.data = LatentData(folder / "latents", device)
        self.progress = Progress(config, folder, device)
        self.forward, self.ask = (
            torch.compile(part, dynamic=False) if self.settings.compiled else part
            for part in (self.model, self.teacher)
        )

    def backward(self, workers: int, minutes: float, average: dict[str, Tensor]) -> dict[str, Tensor]:
        settings = self.settings
        batch = self.data.batch(settings.batch // workers, settings.caption_dropout)
        count, _, height, width = batch.latents.shape
        given = Given.of(batch, masks.draw(count, height, width, settings.whole_masks, self.device))
        finest = round(settings.finest_share * count)
        steps = draw_steps(settings, count, finest, self.device)
        x = flow.mixed(batch.latents, torch.randn_like(batch.latents), steps.time)
        with torch.autocast(self.device.type, torch.bfloat16):
            with torch.no_grad():
                taught = self._by_teacher(x[:finest], _rows(steps, 0, finest), given.rows(0, finest))
                composed = self._by_itself(x[finest:], _rows(steps, finest, count), given.rows(finest, count), average)
            velocity = self.forward(x, steps.time, steps.until, steps.guidance, *given)
        error = (velocity.float() - torch.cat([taught, composed])).square().mean(dim=1)
        counted = flow.weights(batch.labels, given.mask, settings.object_weight, settings.outside_weight)
        per_row = (error * counted).mean(dim=(1, 2))
        # The root, for else the rows of long steps and much guidance, whose errors are far larger, would drown the others.
        (per_row + EASY).sqrt().mean().backward()
        return {"taught": error[:finest].detach().mean(), "composed": error[finest:].detach().mean()}

    def _guided(self, x: Tensor, time: Tensor, guidance: Tensor, given: Given) -> Tensor:
        """The teacher's velocity under guidance, both halves in one call."""
        text, text_mask = self.data.empty_text(len(x))
        both = given.joined(given.saying(text, text_mask))
        time = time.repeat(2)
        wanted, plain = self.ask(x.repeat(2, 1, 1, 1), time, time, torch.ones_like(time), *both).float().chunk(2)
        return cast(Tensor, plain + guidance[:, None, None, None] * (wanted - plain))

    def _by_teacher(self, x: Tensor, steps: Steps, given: Given) -> Tensor:
        """The velocity at the step's middle: the average over the step but for a term of its length squared."""
        half = (steps.time - steps.middle)[:, None, None, None]
        start = self._guided(x, steps.time, steps.guidance, given)
        return self._guided(x - half * start, steps.middle, steps.guidance, given)

    def _by_itself(self, x: Tensor, steps: Steps, given: Given, average: dict[str, Tensor]) -> Tensor:
        """The mean of two half steps by the averaged weights."""
        velocities = []
        for half in steps.halves():
            arguments = (x, half.time, half.until, half.guidance, *given)
            velocities.append(torch.func.functional_call(self.model, average, arguments).float())
            x = x - (half.time - half.until)[:, None, None, None] * velocities[-1]
        return cast(Tensor, (velocities[0] + velocities[1]) / 2)

    def show(self, average: dict[str, Tensor], path: Path) -> dict[str, float]:
        model = copy.deepcopy(self.model).eval()
        model.load_state_dict(average)
        self.progress.sheet(lambda given: flow.average_velocity(model, given, SHOWN_GUIDANCE), SHOWN_STEPS, path)
        return self.progress.losses(model)


def _rows(steps: Steps, start: int, end: int) -> Steps:
    return Steps(steps.time[start:end], steps.until[start:end], steps.guidance[start:end])
