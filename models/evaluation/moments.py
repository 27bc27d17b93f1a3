"""Encode users at given moments with the network: the inputs of retrieval and scoring for B requests."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from models.contract.arrays import Doubles, Floats, Indices, Mask
from models.contract.events import EventColumns, user_events
from models.contract.feature_spec import FeatureSpec
from models.contract.feedback import read_feedback
from models.contract.history_window import read_window
from models.contract.low_values import ItemVectors
from models.contract.push import may_push, measure_push
from models.contract.recency import find_returning, newest_times
from models.network.model import ChorusNetwork
from models.network.scorer_input import UserSide, read_user_numbers


@dataclass(frozen=True, slots=True)
class Moments:
    """B users as they were just before the events at `rows`."""

    rows: Indices  # [B] rows of the corpus's events; -1 for a request that is not in the log
    states: Tensor  # [B, D] the user tower's output
    tower_events: Tensor  # [B] the number of events that the tower read
    push: Tensor  # [B, D] the step away from rejected items, added to the state for `next` alone
    asked: Tensor  # [B, D] the step by the request's context, added likewise
    events: Tensor  # [B, L, D]
    attend: Tensor  # bool [B, L]: the history's events; the rest is padding
    numbers: Tensor  # [B, USER_NUMBERS + A]
    last: Tensor  # [B, C] context tokens of the last event
    context: Tensor  # [B, C]
    snapshot: Tensor  # [B]
    returning: Mask  # [B] users who are new, or return after a pause (models.contract.recency)
    links: Floats | None = None  # [B, I] the links' term of the `next` logits

    @property
    def queries(self) -> Tensor:
        """[B, D] the users' vectors for `next`."""
        return self.states + self.push + self.asked

    def without_push(self) -> "Moments":
        """The same moments without the steps away from rejected items."""
        return replace(self, push=torch.zeros_like(self.push))

    @property
    def user_side(self) -> UserSide:
        """The scorer's input of the users."""
        return UserSide(self.states, self.events, self.attend, self.numbers, self.last, self.context)


@dataclass(frozen=True, slots=True)
class Requests:
    """B users, each with all events before the moment of a request."""

    rows: Indices  # [B] see Moments.rows
    events: EventColumns  # of B users, over the rows of the item table
    profile_tokens: Indices  # [B, P]
    profile_numeric: Floats  # [B, Q]
    profile_text: Floats  # [B, T]
    context: Indices  # [B, C] tokens of the moments
    snapshot: Indices  # [B] rows of the item statistics
    now: Doubles  # [B] the times of the moments; NaN where not known


@torch.no_grad()
def encode_requests(
    network: ChorusNetwork, spec: FeatureSpec, vectors: Tensor, requests: Requests
) -> Moments:
    """Encode requests. Which events the tower reads is decided by the same rules as in the service.

    `vectors` [I, D]: the item vectors without the bias.
    """
    window, device = read_window(spec, requests.events), vectors.device
    history = network.users.events(
        vectors[torch.from_numpy(window.events.items).to(device)],
        torch.from_numpy(window.arrays.actions).to(device),
        torch.from_numpy(window.arrays.dense).to(device),
    )
    sizes = np.diff(window.events.offsets).tolist()
    parts = torch.split(history, sizes)
    read = torch.split(torch.from_numpy(window.tower).to(device), sizes)
    tower = [part[mask] for part, mask in zip(parts, read, strict=True)]
    profile = network.users.profile(
        *(
            torch.from_numpy(np.ascontiguousarray(table)).to(device)
            for table in (requests.profile_tokens, requests.profile_numeric, requests.profile_text)
        )
    )
    last = torch.tensor([len(part) for part in tower], device=device)
    states = network.users(profile, torch.nn.utils.rnn.pad_sequence(tower, batch_first=True))
    states = states[torch.arange(len(sizes), device=device), last]
    pushes = measure_pushes(spec, requests.events, vectors.cpu().numpy(), states.cpu().numpy())
    count = torch.tensor(sizes, device=device)
    events = torch.nn.utils.rnn.pad_sequence(list(parts), batch_first=True)
    context = torch.from_numpy(requests.context).to(device)
    return Moments(
        rows=requests.rows,
        states=states,
        tower_events=last,
        push=torch.from_numpy(pushes).to(device),
        asked=network.users.ask(context),
        events=events,
        attend=torch.arange(events.shape[1], device=device)[None] < count[:, None],
        numbers=read_user_numbers(_last_rows(torch.from_numpy(window.arrays.dense).to(device), sizes)),
        last=_last_rows(torch.from_numpy(window.arrays.context).to(device), sizes),  # PAD is 0
        context=context,
        snapshot=torch.from_numpy(requests.snapshot).to(device),
        returning=find_returning(newest_times(requests.events), requests.now, spec.timed),
    )


def _last_rows(table: Tensor, sizes: list[int]) -> Tensor:
    """[B, N]: the row of each user's last event in `table` [n, N]; zeros without events."""
    last = torch.zeros(len(sizes), table.shape[1], dtype=table.dtype, device=table.device)
    for user, part in enumerate(torch.split(table, sizes)):
        if len(part):
            last[user] = part[-1]
    return last


def measure_pushes(spec: FeatureSpec, events: EventColumns, vectors: Floats, bases: Floats) -> Floats:
    """[B, D]: the step of each user's state in `bases` [B, D] away from the items that the user rejected."""
    users = len(events.offsets) - 1
    pushes = np.zeros((users, vectors.shape[1]), dtype=np.float32)
    if not may_push(spec, events.action_names):
        return pushes
    feedback, items = read_feedback(events, spec.value_range), ItemVectors(vectors, vectors.mean(axis=0))
    for user in range(users):
        part = slice(int(events.offsets[user]), int(events.offsets[user + 1]))
        pushes[user] = measure_push(
            items, bases[user], user_events(events, user), feedback[part], spec.polarity
        )
    return pushes
