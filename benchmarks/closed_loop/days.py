"""Simulated days of an arm: items are born and die, users ask, take and send events over HTTP."""

import time
from dataclasses import dataclass

import httpx
import numpy as np
from numpy.typing import NDArray

from benchmarks.closed_loop.town import Town, draw_takes, find_best, reward, trend


@dataclass(frozen=True, slots=True)
class Day:
    """The sums of a day; `reward` and `best` are expected takes, the others counts."""

    day: int
    lists: int
    reward: float
    best: float
    places: int
    new_places: int
    takes: int
    new_takes: int
    shown: frozenset[int]
    born: frozenset[int] = frozenset()
    wanted: frozenset[int] = frozenset()
    """Items born on this day or the one before that the best list of a user who asked has."""
    reached: frozenset[int] = frozenset()
    """Those of them that such a user was shown."""


def change_catalogue(client: httpx.Client, town: Town, day: int) -> None:
    """Put the items that are born on a day, and delete those that die."""
    born = [
        {"item_id": town.tastes.items[item], "attributes": {"genres": list(town.tastes.genres[item])}}
        for item in np.flatnonzero(town.lives.born == day)
    ]
    if born:
        client.post("/v1/items", json={"items": born}).raise_for_status()
    for item in np.flatnonzero(town.lives.dies == day):
        client.delete(f"/v1/items/{town.tastes.items[item]}").raise_for_status()


def ask(client: httpx.Client, user: int, columns: dict[str, int]) -> tuple[str, NDArray[np.int64]]:
    """The id of an answer to a user, and the items in its places."""
    answer = client.post("/v1/recommend", json={"user_id": f"u{user}", "limit": 10})
    answer.raise_for_status()
    body = answer.json()
    return body["recommendation_id"], np.array([columns[row["item_id"]] for row in body["items"]], np.int64)


def live_a_day(client: httpx.Client, town: Town, day: int, active: int, deadline: float) -> Day | None:
    """Let `active` users, the same for every policy, ask once; None if the time (monotonic) is over."""
    change_catalogue(client, town, day)
    columns = {item: column for column, item in enumerate(town.tastes.items)}
    random = np.random.default_rng([town.seed, 2, day])
    users = random.choice(len(town.tastes.users), active, replace=False)
    liking, fashion = town.affinity(day), trend(town.tastes.genres, day, town.seed)
    alive, new = town.lives.alive(day), town.lives.born > 0
    young = alive & (town.lives.born >= max(1, day - 1))
    wanted: set[int] = set()
    reached: set[int] = set()
    earned = best = 0.0
    shown: list[int] = []
    taken: list[int] = []
    for user in users:
        if time.monotonic() > deadline:
            return None
        identifier, places = ask(client, int(user), columns)
        chances = np.where(alive, town.chances(int(user), liking[user], fashion), 0.0)
        earned += reward(chances, places)
        wants = find_best(chances, alive)
        best += reward(chances, wants)
        wanted.update(wants[young[wants]].tolist())
        reached.update(np.intersect1d(wants[young[wants]], places).tolist())
        ranks = draw_takes(chances, places, random)
        shown.extend(places.tolist())
        taken.extend(int(places[rank]) for rank in ranks)
        events = [
            {
                "user_id": f"u{user}",
                "item_id": town.tastes.items[places[rank]],
                "action": "click",
                "recommendation_id": identifier,
                "rank": rank + 1,
            }
            for rank in ranks
        ]
        if events:
            client.post("/v1/events", json={"events": events}).raise_for_status()
        town.taken.setdefault(int(user), []).extend(int(places[rank]) for rank in ranks)
    new_counts = int(new[shown].sum()), int(new[taken].sum())
    born = frozenset(np.flatnonzero(town.lives.born == day).tolist())
    counts = (len(shown), new_counts[0], len(taken), new_counts[1])
    return Day(
        day, active, earned, best, *counts, frozenset(shown), born, frozenset(wanted), frozenset(reached)
    )
