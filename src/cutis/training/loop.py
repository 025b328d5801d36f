"""The training loop: one for every model, told what to do by plain values and functions."""

from __future__ import annotations

import copy
import math
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cutis.core.errors import InputError
from cutis.training import checkpoint
from cutis.training.batches import Batch
from cutis.training.log import Log
from cutis.training.precision import half_precision


class Optimiser(StrEnum):
    """How the weights are moved."""

    ADAM = "adam"
    ADAMW = "adamw"


class Schedule(StrEnum):
    """How the learning rate falls over the training."""

    CONSTANT = "constant"
    COSINE = "cosine"


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """How long and how fast to train; at least one of the two limits is set.

    Attributes:
        max_minutes: wall-clock budget, validation included; None for no limit.
        max_steps: number of steps; None for no limit.
        learning_rate: its peak.
        optimiser: how the weights are moved.
        weight_decay: of AdamW, for weights of two or more axes only.
        schedule: the rate over the training's share that is over, by time or steps.
        warmup_steps: steps over which the rate rises from 0.
        ema_decay: of the average of the weights that is validated and kept; 0 for none.
        clip_norm: the gradient's norm is held to this; 0 for no limit.
        validations: how often to validate, spread evenly over the training.
        seed: of dropout; the order of the data has its own.
    """

    max_minutes: float | None
    max_steps: int | None = None
    learning_rate: float = 2e-3
    optimiser: Optimiser = Optimiser.ADAMW
    weight_decay: float = 0.01
    schedule: Schedule = Schedule.COSINE
    warmup_steps: int = 100
    ema_decay: float = 0.999
    clip_norm: float = 1.0
    validations: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a training without an end."""
        if self.max_minutes is None and self.max_steps is None:
            raise InputError("A training needs an end: give max_minutes, max_steps or both.")

    def share(self, step: int, elapsed_s: float) -> float:
        """Return which share of the training is over, 0-1."""
        by_steps = step / self.max_steps if self.max_steps else 0.0
        by_time = elapsed_s / (60 * self.max_minutes) if self.max_minutes else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self, step: int, share: float) -> float:
        """Return the learning rate of a step."""
        rising = min(1.0, (step + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        falling = 0.5 * (1 + math.cos(math.pi * share)) if self.schedule == Schedule.COSINE else 1.0
        return self.learning_rate * rising * max(falling, 1e-3)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a training stands; ``scores`` only right after a validation."""

    step: int
    share: float
    elapsed_s: float
    loss: float
    rate: float
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended: complete, or interrupted and ready to be resumed."""

    steps: int
    elapsed_s: float
    best_score: float
    complete: bool


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is trained.

    Attributes:
        network: on its device already.
        loss: of logits and the batch they belong to.
        batches: from the step given, without end.
        validate: scores of a network by name; the first one decides which weights are best.
    """

    network: nn.Module
    loss: Callable[[Tensor, Batch], Tensor]
    batches: Callable[[int], Generator[Batch]]
    validate: Callable[[nn.Module], Mapping[str, float]]


def train(
    task: Task,
    options: LoopOptions,
    folder: Path,
    *,
    resume: bool = False,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> Outcome:
    """Train a network until its time or steps are over, or it is interrupted.

    The folder gets the best averaged weights, the last ones, what resuming needs, ``log.csv`` and
    ``log.png``. Ctrl-C and SIGTERM end it after the step at hand, all saved.

    Args:
        task: what is trained.
        options: how.
        folder: where all is written; made if it is not there.
        resume: go on where the folder's training stopped.
        watch: is told where the training stands, after every step.

    Raises:
        ModelError: there is nothing to resume.
        StoreError: the disk refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(task, options, folder)
    if resume:
        run.restore()
    with _interruptible() as interrupted, closing(task.batches(run.step)) as batches:
        run.start()
        while run.share < 1 and not interrupted.is_set():
            loss = run.advance(next(batches))
            scores = run.scores_if_due(loss)
            watch(Moment(run.step, run.share, run.elapsed_s, loss, run.rate, scores))
    run.save()
    return Outcome(run.step, run.elapsed_s, run.best_score, complete=run.share >= 1)


class _Run:
    """The state of one training: network, average, optimiser, step and clock."""

    def __init__(self, task: Task, options: LoopOptions, folder: Path) -> None:
        self.task, self.options, self.folder = task, options, folder
        self.network = task.network.to(memory_format=torch.channels_last)
        self.device = next(self.network.parameters()).device
        self.average = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self.optimiser = _optimiser(self.network, options)
        self.log = Log(folder)
        self.step, self.rate, self.best_score, self.elapsed_before_s = 0, 0.0, -math.inf, 0.0
        self.validations, self.share, self.started_s = 0, 0.0, time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return self.elapsed_before_s + time.monotonic() - self.started_s

    def start(self) -> None:
        """Start the clock."""
        self.started_s = time.monotonic()
        self.share = self.options.share(self.step, self.elapsed_s)

    def advance(self, batch: Batch) -> float:
        """Take one step; return its loss."""
        torch.manual_seed(self.options.seed + self.step)
        self.rate = self.options.rate(self.step, self.share)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate
        self.network.train()
        batch = batch.to(self.device)
        with half_precision(self.device):
            logits = self.network(batch.inputs)
        loss = self.task.loss(logits, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.options.clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.options.clip_norm)
        self.optimiser.step()
        self._average()
        self.step += 1
        reached = float(loss.detach())
        self.share = self.options.share(self.step, self.elapsed_s)
        return reached

    def _average(self) -> None:
        decay = min(self.options.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            new, old = self.network.state_dict(), self.average.state_dict()
            floats = [name for name, value in new.items() if value.is_floating_point()]
            torch._foreach_lerp_([old[n] for n in floats], [new[n] for n in floats], 1 - decay)
            for name in new.keys() - set(floats):
                old[name].copy_(new[name])

    def scores_if_due(self, loss: float) -> dict[str, float]:
        """Validate, log and save where the next validation's time has come."""
        due = int(self.share * self.options.validations + 1e-9)
        self.log.step(self.step, self.elapsed_s, loss, self.rate)
        if due <= self.validations:
            return {}
        self.validations = due
        scores = dict(self.task.validate(self.average))
        self.log.validation(self.step, self.elapsed_s, scores)
        score = next(iter(scores.values()), math.nan)
        if score > self.best_score or self.best_score == -math.inf:
            self.best_score = -math.inf if math.isnan(score) else score
            checkpoint.save_weights(self.average, self.folder / checkpoint.BEST)
        self.save()
        return scores

    def save(self) -> None:
        """Write the last weights and all that resuming needs."""
        checkpoint.save_weights(self.average, self.folder / checkpoint.LAST)
        tensors = {f"network.{k}": v.contiguous() for k, v in self.network.state_dict().items()}
        tensors |= checkpoint.optimiser_tensors(self.optimiser)
        checkpoint.save_tensors(_dense(tensors), self.folder / checkpoint.STATE)
        checkpoint.save_json(self._progress(), self.folder / checkpoint.PROGRESS)
        self.log.save()

    def _progress(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "validations": self.validations,
            "best_score": None if math.isinf(self.best_score) else self.best_score,
        }

    def restore(self) -> None:
        """Go back to where the folder's training stopped."""
        progress = checkpoint.load_json(self.folder / checkpoint.PROGRESS)
        tensors = checkpoint.load_tensors(self.folder / checkpoint.STATE)
        head = "network."
        self.network.load_state_dict(
            {name.removeprefix(head): v for name, v in tensors.items() if name.startswith(head)}
        )
        checkpoint.restore_optimiser(self.optimiser, tensors)
        checkpoint.load_weights(self.average, self.folder / checkpoint.LAST)
        self.step, self.validations = progress["step"], progress["validations"]
        self.elapsed_before_s = progress["elapsed_s"]
        best = progress["best_score"]
        self.best_score = -math.inf if best is None else best
        self.log = Log.reopened(self.folder)


def _optimiser(network: nn.Module, options: LoopOptions) -> torch.optim.Optimizer:
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    if options.optimiser is Optimiser.ADAM:
        return torch.optim.Adam([*weights, *others], lr=options.learning_rate, fused=True)
    groups = [
        {"params": weights, "weight_decay": options.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=options.learning_rate, fused=True)


def _dense(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors in plain memory order, as safetensors stores them."""
    return {name: value.contiguous() for name, value in tensors.items()}


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into a flag; only the main thread may."""
    flag = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: flag.set()) for number in signals]
    try:
        yield flag
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
