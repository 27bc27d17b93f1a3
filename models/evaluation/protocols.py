"""What is ranked and what counts as right: the two protocols of full-ranking evaluation."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.contract.arrays import Indices

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InteractionSet:
    """n interactions in the order in which they happened; users and items are rows of the job's tables.

    Raises ValueError where the arrays differ in length, a row is out of range or the times go backwards.
    """

    users: Indices  # [n] in [0, n_users)
    items: Indices  # [n] in [0, n_items)
    times: Doubles  # [n] Unix seconds, or the order where not `timed`
    n_users: int
    n_items: int
    timed: bool = True

    def __post_init__(self) -> None:
        if not self.users.shape == self.items.shape == self.times.shape == (len(self.users),):
            raise ValueError(
                f"expected users, items and times [n], "
                f"given {self.users.shape}, {self.items.shape}, {self.times.shape}"
            )
        for name, rows, size in (("users", self.users, self.n_users), ("items", self.items, self.n_items)):
            if len(rows) and not (rows.min() >= 0 and rows.max() < size):
                raise ValueError(f"expected {name} in [0, {size}), given {rows.min()} to {rows.max()}")
        if (np.diff(self.times) < 0).any():
            raise ValueError("expected times that never go back, given some that do")

    def matrix(self) -> sparse.csr_array:
        """Who interacted with what: bool [n_users, n_items], each pair once."""
        return pairs_matrix(self.users, self.items, (self.n_users, self.n_items))

    def popularity(self) -> Indices:
        """How many users interacted with each item, [n_items]."""
        return np.bincount(self.matrix().indices, minlength=self.n_items).astype(np.int64)

    def followed_by(self, later: Self) -> Self:
        """These and then `later`; raises ValueError where `later` begins earlier or the tables differ."""
        if (self.n_users, self.n_items, self.timed) != (later.n_users, later.n_items, later.timed):
            raise ValueError("expected interactions of the same tables, given others")
        return type(self)(
            users=np.concatenate([self.users, later.users]),
            items=np.concatenate([self.items, later.items]),
            times=np.concatenate([self.times, later.times]),
            n_users=self.n_users,
            n_items=self.n_items,
            timed=self.timed,
        )


@dataclass(frozen=True, slots=True)
class RankingCase:
    """C lists to rank over all items. Raises ValueError where one has nothing relevant, or something seen."""

    users: Indices  # [C] the user of each list
    seen: sparse.csr_array  # bool [C, I] what the user had at that moment: known history, never recommended
    relevant: sparse.csr_array  # bool [C, I] what a right answer holds

    def __post_init__(self) -> None:
        if not self.seen.shape == self.relevant.shape == (len(self.users), self.seen.shape[1]):
            raise ValueError(
                f"expected seen and relevant [{len(self.users)}, I], "
                f"given {self.seen.shape}, {self.relevant.shape}"
            )
        if (np.diff(self.relevant.indptr) == 0).any():
            raise ValueError("expected at least one relevant item in every list, given a list with none")
        if self.seen.multiply(self.relevant).nnz:
            raise ValueError("expected relevant items that were not seen before, given some that were")

    def __len__(self) -> int:
        return len(self.users)


def at_cutoff(before: InteractionSet, after: InteractionSet) -> RankingCase:
    """One list for every user of `after`, ranked at the moment between: relevant is all that is new to them.

    Users who come back to nothing new have no list.
    """
    seen, relevant = before.matrix(), after.matrix()
    relevant = _without(relevant, seen)
    users = np.flatnonzero(np.diff(relevant.indptr)).astype(np.int64)
    return RankingCase(users=users, seen=seen[users], relevant=relevant[users])


def new_events(before: InteractionSet, after: InteractionSet) -> Indices:
    """The rows of `after`, ascending, that are of an item new to its user."""
    pairs, first = np.unique(after.users * after.n_items + after.items, return_index=True)
    known = before.users * before.n_items + before.items
    return np.asarray(np.sort(first[~np.isin(pairs, known)]), dtype=np.int64)


def next_event(before: InteractionSet, after: InteractionSet, rows: Indices) -> RankingCase:
    """One list for each of some events of `after` (of new_events), given all events before it.

    Whoever ranks knows all of `before` and the rows of `after` above the event's. The lists' histories are held
    each on its own: choose few of many events.
    """
    shape, base = (len(rows), before.n_items), before.matrix()
    by_user = np.argsort(after.users, kind="stable")
    starts = np.searchsorted(after.users[by_user], np.arange(after.n_users + 1))
    seen: list[Indices] = [np.zeros(0, dtype=np.int64)]
    for row in rows.tolist():
        user = int(after.users[row])
        own = by_user[starts[user] : starts[user + 1]]
        earlier = own[: np.searchsorted(own, row)]
        known = base.indices[base.indptr[user] : base.indptr[user + 1]]
        seen.append(np.union1d(known, after.items[earlier]).astype(np.int64))
    lists = np.repeat(np.arange(len(rows)), [len(items) for items in seen[1:]])
    return RankingCase(
        users=after.users[rows],
        seen=pairs_matrix(lists, np.concatenate(seen), shape),
        relevant=pairs_matrix(np.arange(len(rows)), after.items[rows], shape),
    )


def pairs_matrix(rows: Indices, columns: Indices, shape: tuple[int, int]) -> sparse.csr_array:
    """bool [shape] that is true at (rows, columns)."""
    matrix = sparse.csr_array((np.ones(len(rows), dtype=np.bool_), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix.astype(np.bool_)


def _without(matrix: sparse.csr_array, other: sparse.csr_array) -> sparse.csr_array:
    kept = (matrix.astype(np.int8) - matrix.multiply(other).astype(np.int8)).tocsr()
    kept.eliminate_zeros()
    return kept.astype(np.bool_)
