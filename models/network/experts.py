"""How the heads share the scorer: shared bottom, MMoE or PLE. Each maps x [..., X] to one [..., W] for each task."""

import torch
from torch import Tensor, nn

from models.network.config import ExpertKind, NetworkConfig


def build_expert(inputs: int, config: NetworkConfig) -> nn.Sequential:
    """One expert, [..., inputs] -> [..., expert_width]: two layers."""
    return nn.Sequential(
        nn.Linear(inputs, config.expert_width),
        nn.GELU(),
        nn.Dropout(config.dropout),
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
    """Shared experts and one expert of each task, gated together (one level of PLE, called CGC; Tang et al. 2020)."""

    def __init__(self, inputs: int, tasks: int, config: NetworkConfig) -> None:
        super().__init__()
        self.shared = nn.ModuleList(build_expert(inputs, config) for _ in range(config.expert_count))
        self.own = nn.ModuleList(
            build_expert(inputs, config) for _ in range(tasks)
        )  # named so in every bundle
        self.gates = nn.ModuleList(nn.Linear(inputs, config.expert_count + 1) for _ in range(tasks))

    def forward(self, x: Tensor) -> list[Tensor]:
        shared = [expert(x) for expert in self.shared]
        return [
            mix(gate(x), torch.stack([*shared, task_expert(x)], dim=-2))
            for task_expert, gate in zip(self.own, self.gates, strict=True)
        ]


def mix(gate: Tensor, experts: Tensor) -> Tensor:
    """Gate logits [..., E] and experts [..., E, W] -> their mean under the gate's softmax, [..., W]."""
    return (gate.softmax(-1).unsqueeze(-1) * experts).sum(-2)


def build_experts(inputs: int, tasks: int, config: NetworkConfig) -> nn.Module:
    """The experts of the configured kind, for `tasks` heads that read `inputs` numbers."""
    match config.experts:
        case ExpertKind.SHARED_BOTTOM:
            return SharedBottom(inputs, tasks, config)
        case ExpertKind.MMOE:
            return MixtureOfExperts(inputs, tasks, config)
        case ExpertKind.PLE:
            return ProgressiveExtraction(inputs, tasks, config)
