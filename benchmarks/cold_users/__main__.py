"""Benchmark: lists for users of whom the training knew nothing, against the better of two kinds of popularity.

    python -m benchmarks.cold_users --leave-out FOLDER [--newest] [--job JOB]
    chorus train FOLDER/job.yaml --out FOLDER/bundle
    python -m benchmarks.cold_users FOLDER/bundle [--job JOB]

The first command writes the job without a tenth of its users: drawn by chance, or the newest. Of each of these the
service is told the first 0, 1, 3 or 5 events, and nothing else, the profile, stated interests, or both. Relevant are
the items of the next events, up to the half of all. The interests are a sentence with the labels that most of the
liked items of the later half have, so that no relevant item is in them; neither the later items nor the first five are
in a list. The lists are those of POST /v1/recommend with the bundle's defaults, without HTTP.
"""

import argparse
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from scipy import sparse

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.pipeline.default_diversity import choose_diversity
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from app.threads import limit_threads
from benchmarks.cold_users.figures import Figures, compare, measure, rank_popular, tabulate
from benchmarks.cold_users.leave_out import write_job
from benchmarks.cold_users.told import ColdUser, find_favourites, part_events, state_interests, tell
from models.contract.arrays import Doubles, Indices, Mask
from models.contract.catalogue import UserState
from models.contract.feature_spec import FieldKind
from models.data.dataset import Dataset, load_dataset
from models.data.interactions import columns_at
from models.evaluation.full_ranking import K
from models.evaluation.protocols import RankingCase, pairs_matrix
from models.job.spec import load_job
from models.ranking.budget import CANDIDATES

JOB = Path("jobs/movielens-100k.yaml")
EVENTS = (0, 1, 3, 5)
NOTHING, RECENT = "nothing else", "recent popularity"
DAY_S = 86_400.0
TOLD = {
    NOTHING: (False, False),
    "profile": (True, False),
    "interests": (False, True),
    "profile, interests": (True, True),
}
"""Name -> whether the profile and the interests are told."""


def main(folder: Path, job_file: Path) -> None:
    """Run the benchmark and print the table; raises ValueError where the bundle knows every user."""
    limit_threads(1)
    bundle = load_bundle(folder, candidates=CANDIDATES)
    job = load_job(job_file)
    dataset = load_dataset(job, folder.with_name(folder.name + ".work") / "quarantine.jsonl")
    users = list_cold_users(dataset, bundle)
    case, favourites, favoured = build_case(dataset, users), *find_favoured(dataset, bundle, users)
    print(
        f"{len(users)} users whom the bundle does not know; interests such as {state_interests(favourites[0])!r}"
    )
    popular = {
        name: measure(rank_popular(weigh_taken(dataset, bundle, days), case, K), case, favoured)
        for name, days in (("popularity", np.inf), (RECENT, job.network.half_life_days))
    }
    for name, own in popular.items():
        print(
            f"{name}: NDCG@10 {own.ndcg.mean():.3f}, HR@10 {own.hits.mean():.3f}, favoured {own.favoured.mean():.2f}"
        )
    figures: dict[tuple[int, str], Figures] = {}
    for count, (name, (profile, stated)) in product(EVENTS, TOLD.items()):
        states = [
            tell(user, count, profile=profile, interests=state_interests(names) if stated else "")
            for user, names in zip(users, favourites, strict=True)
        ]
        figures[count, name] = measure(list_rows(bundle, dataset, users, states), case, favoured)
    best = max(popular.values(), key=lambda own: float(own.ndcg.mean()))
    print(tabulate(list(compare(best, figures, NOTHING))))


def find_favoured(
    dataset: Dataset, bundle: LoadedBundle, users: Sequence[ColdUser]
) -> tuple[list[tuple[str, ...]], Mask]:
    """Each user's favourite labels in the first field of categories, and the items [C, I] that have one of them."""
    field = bundle.spec.fields(FieldKind.CATEGORIES)[0].name
    items = {item.item_id: item for item in dataset.items}
    favourites = [find_favourites(user.later, items, field) for user in users]
    labels = [item.attributes.get(field, ()) for item in dataset.items]
    sets = [frozenset(own) if isinstance(own, tuple) else frozenset() for own in labels]
    return favourites, np.array([[not own.isdisjoint(names) for own in sets] for names in favourites])


def list_cold_users(dataset: Dataset, bundle: LoadedBundle) -> list[ColdUser]:
    """The users of the data whom the bundle does not know; raises ValueError without any."""
    log = dataset.interactions
    item_ids = [item.item_id for item in dataset.items]
    found = []
    for number in np.unique(log.users).tolist():
        if bundle.known_users.knows(dataset.user_ids[number]):
            continue
        rows = np.flatnonzero(log.users == number)
        events = columns_at(log, rows, np.array([0, len(rows)])).events(0, item_ids)
        if (user := part_events(dataset.users[number], events)) is not None:
            found.append(user)
    if not found:
        raise ValueError(
            "expected a bundle of a job without some users (see --leave-out), given one with all"
        )
    return found


def build_case(dataset: Dataset, users: Sequence[ColdUser]) -> RankingCase:
    """One list for each user: seen are the excluded items, relevant the wanted ones."""
    row = {item.item_id: number for number, item in enumerate(dataset.items)}
    shape = (len(users), len(dataset.items))

    def matrix(sets: Sequence[frozenset[str]]) -> sparse.csr_array:
        pairs = [(number, row[item_id]) for number, ids in enumerate(sets) for item_id in sorted(ids)]
        lists, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return pairs_matrix(lists, items, shape)

    seen, relevant = matrix([user.excluded for user in users]), matrix([user.wanted for user in users])
    return RankingCase(np.arange(len(users)), seen, relevant)


def weigh_taken(dataset: Dataset, bundle: LoadedBundle, half_life_days: float) -> Doubles:
    """The events of each item [I] by the users whom the bundle knows, weighed by their age at the end of the log."""
    log = dataset.interactions
    known = np.array([bundle.known_users.knows(user_id) for user_id in dataset.user_ids])[log.users]
    age_days = (log.times[known].max() - log.times[known]) / DAY_S
    weights = np.exp2(-age_days / half_life_days)
    return np.bincount(log.items[known], weights, len(dataset.items)).astype(np.float64)


def list_rows(
    bundle: LoadedBundle, dataset: Dataset, users: Sequence[ColdUser], states: Sequence[UserState]
) -> Indices:
    """The item rows [C, K] of the service's lists, -1 where one is shorter."""
    row = {item.item_id: number for number, item in enumerate(dataset.items)}
    lists = np.full((len(users), K), -1, dtype=np.int64)
    for number, (user, state) in enumerate(zip(users, states, strict=True)):
        query = Query(
            state=state,
            now=user.now,
            limit=K,
            context={},
            weights=bundle.manifest.fusion.weights,
            diversity=choose_diversity(bundle, state),
            excluded=user.excluded,
        )
        slate = recommend(bundle, query)
        found = [bundle.catalogue.ids[place] for place in slate.scored.candidates.rows[slate.order].tolist()]
        lists[number, : len(found)] = [row[item_id] for item_id in found]
    return lists


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lists for users of whom the training knew nothing.")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument(
        "bundle", type=Path, nargs="?", help="a bundle that does not know some users of the job"
    )
    choice.add_argument(
        "--leave-out", type=Path, metavar="FOLDER", help="write the job without a tenth of its users into it"
    )
    parser.add_argument(
        "--newest", action="store_true", help="leave out the newest users instead of some by chance"
    )
    parser.add_argument("--job", type=Path, default=JOB, help=f"the whole job; default {JOB}")
    given = parser.parse_args()
    if given.leave_out is not None:
        print(f"the job is {write_job(given.job, given.leave_out, newest=given.newest)}")
    else:
        main(given.bundle, given.job)
