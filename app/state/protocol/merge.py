"""A merge of two users: what moves from one to the other, and how their profiles are joined."""

from dataclasses import dataclass

from models.contract.catalogue import User, UserState


@dataclass(frozen=True, slots=True)
class UserMerge:
    """Everything of the user `source` becomes part of the user `target`, at time `now` in Unix seconds."""

    target: str
    source: str
    now: float
    trained: UserState | None = None  # what the bundle knows of the source; not used if the source was erased
    trained_profile: User | None = None  # of the target; not used if the target was erased


@dataclass(frozen=True, slots=True)
class ProfilePair:
    """The stored profiles and erasures of both users."""

    target: User | None
    source: User | None
    target_erased: bool
    source_erased: bool


def join_profiles(merge: UserMerge, stored: ProfilePair) -> User | None:
    """The target's profile, in which what is missing comes from the source; None if nothing has to be written."""
    source = stored.source
    if source is None and not stored.source_erased and merge.trained is not None:
        source = merge.trained.profile
    if source is None:
        return None
    before = stored.target
    if before is None and not stored.target_erased:
        before = merge.trained_profile
    before = before or User(merge.target)
    joined = User(
        merge.target, {**source.attributes, **before.attributes}, before.interests or source.interests
    )
    return None if joined == before else joined
