"""The evaluation protocols, at the cut and next event: the lists to rank and the relevant items of each."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from models.contract.arrays import Doubles, Indices, Mask


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
            raise ValueError("expected ascending times, given times that go back")

    def matrix(self) -> sparse.csr_array:
        """The interaction matrix, bool [n_users, n_items]."""
        return pairs_matrix(self.users, self.items, (self.n_users, self.n_items))

    def popularity(self) -> Indices:
        """The number of users who interacted with each item, [n_items]."""
        return np.bincount(self.matrix().indices, minlength=self.n_items).astype(np.int64)

    def keep_items(self, items: Indices) -> "InteractionSet":
        """The interactions with `items` [J], ascending; item items[j] has row j in the result."""
        kept = np.isin(self.items, items)
        return replace(
            self,
            users=self.users[kept],
            items=np.searchsorted(items, self.items[kept]).astype(np.int64),
            times=self.times[kept],
            n_items=len(items),
        )


@dataclass(frozen=True, slots=True)
class RankingCase:
    """C lists to rank over all items.

    Raises ValueError for a list without a relevant item, or with a relevant item that was seen before.
    """

    users: Indices  # [C] the user of each list
    seen: sparse.csr_array  # bool [C, I] the user's items at that moment: the history, never recommended
    relevant: sparse.csr_array  # bool [C, I] the items that count as hits

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

    def take(self, lists: Indices) -> "RankingCase":
        """The lists of these numbers, in this order."""
        return RankingCase(self.users[lists], self.seen[lists], self.relevant[lists])

    def keep_items(self, items: Indices) -> "RankingCase":
        """The lists over `items` [J] alone, numbered from 0; lists without a relevant item among them are left out."""
        relevant = self.relevant[:, items]
        lists = np.flatnonzero(np.diff(relevant.indptr)).astype(np.int64)
        return RankingCase(self.users[lists], self.seen[lists][:, items], relevant[lists])

    def take_part(self, mask: Mask) -> "RankingPart":
        """The lists in `mask` [C]."""
        lists = np.flatnonzero(mask).astype(np.int64)
        return RankingPart(lists, self.take(lists))

    def keep_relevant(self, mask: Mask) -> "RankingPart":
        """The lists with a relevant item in `mask` [I], where only such items count as hits."""
        relevant = self.relevant.multiply(mask[None]).tocsr().astype(np.bool_)
        relevant.eliminate_zeros()
        lists = np.flatnonzero(np.diff(relevant.indptr)).astype(np.int64)
        return RankingPart(lists, RankingCase(self.users[lists], self.seen[lists], relevant[lists]))


@dataclass(frozen=True, slots=True)
class RankingPart:
    """Some lists of a case: their numbers [C'] in it, and the lists."""

    lists: Indices
    case: RankingCase


def build_cutoff_case(before: InteractionSet, after: InteractionSet) -> RankingCase:
    """One list for each user of `after`, ranked at the moment between: relevant are all items new to the user.

    A user without a new item has no list.
    """
    seen, relevant = before.matrix(), after.matrix()
    relevant = _subtract(relevant, seen)
    users = np.flatnonzero(np.diff(relevant.indptr)).astype(np.int64)
    return RankingCase(users=users, seen=seen[users], relevant=relevant[users])


def find_new_events(before: InteractionSet, after: InteractionSet) -> Indices:
    """The rows of `after`, ascending, whose item is new to the user; of a repeated pair, the first."""
    pairs, first = np.unique(after.users * after.n_items + after.items, return_index=True)
    earlier_pairs = before.users * before.n_items + before.items
    return np.asarray(np.sort(first[~np.isin(pairs, earlier_pairs)]), dtype=np.int64)


def build_next_event_case(before: InteractionSet, after: InteractionSet, rows: Indices) -> RankingCase:
    """One list for each event at `rows` of `after` (from find_new_events): relevant is the event's item.

    Seen are the user's items in `before` and in the earlier rows of `after`. Every list stores its history,
    so pass a sample of `rows` if there are many.
    """
    shape, base = (len(rows), before.n_items), before.matrix()
    by_user = np.argsort(after.users, kind="stable")
    starts = np.searchsorted(after.users[by_user], np.arange(after.n_users + 1))
    seen: list[Indices] = [np.zeros(0, dtype=np.int64)]
    for row in rows.tolist():
        user = int(after.users[row])
        user_rows = by_user[starts[user] : starts[user + 1]]
        earlier = user_rows[: np.searchsorted(user_rows, row)]
        before_items = base.indices[base.indptr[user] : base.indptr[user + 1]]
        seen.append(np.union1d(before_items, after.items[earlier]).astype(np.int64))
    lists = np.repeat(np.arange(len(rows)), [len(items) for items in seen[1:]])
    return RankingCase(
        users=after.users[rows],
        seen=pairs_matrix(lists, np.concatenate(seen), shape),
        relevant=pairs_matrix(np.arange(len(rows)), after.items[rows], shape),
    )


def pairs_matrix(rows: Indices, columns: Indices, shape: tuple[int, int]) -> sparse.csr_array:
    """bool of `shape`, True at (rows, columns); repeated pairs count once."""
    matrix = sparse.csr_array((np.ones(len(rows), dtype=np.bool_), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix.astype(np.bool_)


def _subtract(matrix: sparse.csr_array, other: sparse.csr_array) -> sparse.csr_array:
    """The True entries of a bool matrix that are not True in `other`, of the same shape."""
    kept = (matrix.astype(np.int8) - matrix.multiply(other).astype(np.int8)).tocsr()
    kept.eliminate_zeros()
    return kept.astype(np.bool_)
