"""Expert layers shared by the heads: shared bottom, MMoE, PLE. Each maps [..., X] to one [..., W] per task."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.network.config import ExpertKind, NetworkConfig
from models.network.dropout import Dropout


def build_expert(inputs: int, config: NetworkConfig) -> nn.Sequential:
    """One expert of two layers, [..., inputs] -> [..., expert_width]."""
    return nn.Sequential(
        nn.Linear(inputs, config.expert_width),
        nn.GELU(),
        Dropout(config.dropout),
        nn.Linear(config.expert_width, config.expert_width),
        nn.GELU(),
    )


class SharedBottom(nn.Module):
    """One expert for all tasks (Caruana 1997)."""

    def __init__(self, inputs: int, tasks: int, config: NetworkConfig) -> None:
        super().__init__()
        self.tasks = tasks
        self.bottom = build_expert(inputs, config)

    def forward(self, x: Tensor) -> list[Tensor]:
        return [self.bottom(x)] * self.tasks


class MixtureOfExperts(nn.Module):
    """Shared experts with one softmax gate for each task (MMoE, Ma et al. 2018)."""

    def __init__(self, inputs: int, tasks: int, config: NetworkConfig) -> None:
        super().__init__()
        self.experts = nn.ModuleList(build_expert(inputs, config) for _ in range(config.expert_count))
        self.gates = nn.ModuleList(nn.Linear(inputs, config.expert_count) for _ in range(tasks))

    def forward(self, x: Tensor) -> list[Tensor]:
        outputs = torch.stack([expert(x) for expert in self.experts], dim=-2)  # [..., E, W]
        return [mix(gate(x), outputs) for gate in self.gates]


class ProgressiveExtraction(nn.Module):
    """Shared experts and one expert per task, mixed by a gate per task (one level of PLE; Tang et al. 2020)."""

    def __init__(self, inputs: int, tasks: int, config: NetworkConfig) -> None:
        super().__init__()
        self.shared = nn.ModuleList(build_expert(inputs, config) for _ in range(config.expert_count))
        # One expert per task; bundles store the weights under the name `own`.
        self.own = nn.ModuleList(build_expert(inputs, config) for _ in range(tasks))
        self.gates = nn.ModuleList(nn.Linear(inputs, config.expert_count + 1) for _ in range(tasks))

    def forward(self, x: Tensor) -> list[Tensor]:
        shared = [expert(x) for expert in self.shared]
        return [
            mix(gate(x), torch.stack([*shared, task_expert(x)], dim=-2))
            for task_expert, gate in zip(self.own, self.gates, strict=True)
        ]


def list_input_layers(experts: nn.Module) -> Iterator[nn.Linear]:
    """Yield the linear layers that read the experts' input: the first one of each expert, and all gates."""
    for module in experts.modules():
        if isinstance(module, nn.Sequential):
            yield from (layer for layer in (module[0],) if isinstance(layer, nn.Linear))
    if isinstance(experts, MixtureOfExperts | ProgressiveExtraction):
        yield from (gate for gate in experts.gates if isinstance(gate, nn.Linear))


@dataclass(frozen=True, slots=True)
class Routing:
    """Which experts each of T tasks reads, and by which gate."""

    experts: tuple[nn.Sequential, ...]  # M experts of two layers
    reads: tuple[tuple[int, ...], ...]  # T: numbers of experts, in the order of the gate's logits
    gates: tuple[nn.Linear | None, ...]  # T: None reads one expert


def read_routing(experts: nn.Module) -> Routing:
    """The routing of a module of `build_experts`; raises TypeError for another."""
    match experts:
        case SharedBottom():
            return Routing((experts.bottom,), ((0,),) * experts.tasks, (None,) * experts.tasks)
        case MixtureOfExperts():
            everyone = tuple(range(len(experts.experts)))
            return Routing(_experts(experts.experts), (everyone,) * len(experts.gates), _gates(experts.gates))
        case ProgressiveExtraction():
            shared = tuple(range(len(experts.shared)))
            reads = tuple((*shared, len(shared) + task) for task in range(len(experts.own)))
            return Routing(_experts([*experts.shared, *experts.own]), reads, _gates(experts.gates))
        case _:
            raise TypeError(f"expected experts of a scorer, given {type(experts).__name__}")


def _experts(modules: Iterable[nn.Module]) -> tuple[nn.Sequential, ...]:
    return tuple(module for module in modules if isinstance(module, nn.Sequential))


def _gates(modules: Iterable[nn.Module]) -> tuple[nn.Linear, ...]:
    return tuple(module for module in modules if isinstance(module, nn.Linear))


def mix(gate: Tensor, experts: Tensor) -> Tensor:
    """Mean [..., W] of experts [..., E, W], weighted by the softmax of gate logits [..., E]."""
    return (gate.softmax(-1).unsqueeze(-1) * experts).sum(-2)


def build_experts(inputs: int, tasks: int, config: NetworkConfig) -> nn.Module:
    """Build the experts of the configured kind, for `tasks` heads and inputs of width `inputs`."""
    match config.experts:
        case ExpertKind.SHARED_BOTTOM:
            return SharedBottom(inputs, tasks, config)
        case ExpertKind.MMOE:
            return MixtureOfExperts(inputs, tasks, config)
        case ExpertKind.PLE:
            return ProgressiveExtraction(inputs, tasks, config)
