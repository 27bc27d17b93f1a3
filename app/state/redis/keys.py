"""The names of the store's keys in Redis, and the digests in them."""

from dataclasses import dataclass
from hashlib import blake2b

from app.state.protocol import DEFAULT_TENANT, Arm
from app.state.pseudonyms import Pseudonyms

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class UserKeys:
    """A user's keys. They contain a digest of the user id, which may have any character, in braces, which put
    all keys of a user into one cluster slot."""

    events: str
    event_ids: str
    profile: str
    erased: str
    past_items: str
    aliases: str
    """List of the ids that were merged into the user."""
    merged: str
    """The id of the user into whom this one was merged."""
    counted: str
    """Which of the user's last items were counted (app.state.redis.live)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of one tenant under one prefix. The last six below belong to the installation.

    The keys of another tenant than the default one begin with `PREFIX:tenant:NAME:`. A name has no colon, and no key of
    the default tenant or of the installation begins with `PREFIX:tenant:`, so no two keys are the same.
    """

    prefix: str
    tenant: str = DEFAULT_TENANT
    pseudonyms: Pseudonyms | None = None

    @property
    def _stem(self) -> str:
        return f"{self.prefix}:tenant:{self.tenant}" if self.tenant else self.prefix

    def name(self, user_id: str) -> str:
        """The id by which values name a user: the pseudonym where there is a key, else the id itself."""
        return user_id if self.pseudonyms is None else self.pseudonyms.name(user_id)

    def user(self, user_id: str) -> UserKeys:
        """The keys of a user, named by the digest of the user id, or by the pseudonym."""
        return self.user_named(self.name(user_id))

    def user_named(self, name: str) -> UserKeys:
        """The keys of the user whom values call by this name."""
        stem = f"{self._stem}:{{{digest(name).hex() if self.pseudonyms is None else name}}}"
        return UserKeys(
            events=f"{stem}:events",
            event_ids=f"{stem}:ids",
            profile=f"{stem}:profile",
            erased=f"{stem}:erased",
            past_items=f"{stem}:past",
            aliases=f"{stem}:aliases",
            merged=f"{stem}:merged",
            counted=f"{stem}:counted",
        )

    @property
    def stream(self) -> str:
        """All users' accepted events, newest last, capped."""
        return f"{self._stem}:stream"

    @property
    def impressions(self) -> str:
        """The stream of impressions, newest last, capped."""
        return f"{self._stem}:{{impressions}}"

    @property
    def impression_ids(self) -> str:
        """Sorted set: id of an answer by the place of its impression."""
        return f"{self._stem}:{{impressions}}:ids"

    def outcomes(self, hour: int) -> str:
        """Hash: what is counted of an hour's answers."""
        return f"{self._stem}:{{outcomes}}:{hour}"

    def taken(self, hour: int) -> str:
        """Hash: place of an item of an hour's answers -> the value of its take."""
        return f"{self._stem}:{{outcomes}}:{hour}:taken"

    @property
    def receipts(self) -> str:
        """Hash: id of an erasure -> its receipt."""
        return f"{self._stem}:{{erasures}}"

    @property
    def receipt_order(self) -> str:
        """Sorted set: id of an erasure by its time."""
        return f"{self._stem}:{{erasures}}:order"

    @property
    def first_bundles(self) -> str:
        """Hash: id of an erasure -> the first model version that was served without the user."""
        return f"{self._stem}:{{erasures}}:bundles"

    def expiring_receipt(self, receipt_id: str) -> str:
        """The receipt of an erasure of which nothing was stored and no bundle knew."""
        return f"{self._stem}:{{erasures}}:receipt:{digest(receipt_id).hex()}"

    @property
    def experiments(self) -> str:
        """Hash: name of an experiment -> its document."""
        return f"{self._stem}:{{experiments}}"

    @property
    def experiments_version(self) -> str:
        """Counter of changes of experiments."""
        return f"{self._stem}:{{experiments}}:version"

    @property
    def arm_takes(self) -> str:
        """Sorted set: the digest of an item of an answer, by the time at which it was taken."""
        return f"{self._stem}:{{experiments}}:taken"

    def numbers(self, arm: Arm) -> tuple[str, str]:
        """The sums of an experiment as it is defined in a revision, and its users."""
        stem = f"{self._stem}:{{experiments}}:{arm.experiment}:{arm.revision}"
        return f"{stem}:sums", f"{stem}:users"

    @property
    def items(self) -> str:
        """Hash: item id -> document or tombstone."""
        return f"{self._stem}:{{items}}"

    @property
    def item_changes(self) -> str:
        """Sorted set: item id by the version that changed it last."""
        return f"{self._stem}:{{items}}:changes"

    @property
    def items_version(self) -> str:
        """Counter of item changes."""
        return f"{self._stem}:{{items}}:version"

    @property
    def live_version(self) -> str:
        """Counter of counted events."""
        return f"{self._stem}:{{live}}:version"

    def live_items(self, bucket: int) -> str:
        """Sorted set: digest of an item by its count in a bucket of time."""
        return f"{self._stem}:{{live}}:items:{bucket}"

    def live_pairs(self, bucket: int) -> str:
        """Sorted set: digests of two items by their count in a bucket of pairs."""
        return f"{self._stem}:{{live}}:pairs:{bucket}"

    @property
    def trials_version(self) -> str:
        """Counter of additions to the impressions of new items."""
        return f"{self._stem}:{{trials}}:version"

    def trials(self, day: int) -> str:
        """Hash: digest of a new item -> its impressions of a day."""
        return f"{self._stem}:{{trials}}:{day}"

    @property
    def installation_key(self) -> str:
        """The random key that all replicas share."""
        return f"{self.prefix}:installation"

    @property
    def naming(self) -> str:
        """The mark of the key of pseudonyms; absent where there is none."""
        return f"{self.prefix}:naming"

    @property
    def sealing(self) -> str:
        """The mark of the key that seals values; absent where there is none."""
        return f"{self.prefix}:sealing"

    @property
    def file_rewrite(self) -> str:
        """The request of a rewrite of the append-only file, put by an erasure."""
        return f"{self.prefix}:file_rewrite"

    @property
    def bundle_order(self) -> str:
        """The last order to serve a bundle, for all replicas."""
        return f"{self.prefix}:{{replicas}}:bundle"

    @property
    def replicas(self) -> str:
        """Hash: replica id -> the replica with the time of its announcement."""
        return f"{self.prefix}:{{replicas}}"


def digest_user(user_id: str, pseudonyms: Pseudonyms | None) -> str:
    """The digest of a user's id that stands in the keys, 32 hexadecimal digits."""
    return digest(user_id).hex() if pseudonyms is None else pseudonyms.name(user_id)


def digest(text: str) -> bytes:
    """A cryptographic digest of 16 bytes (BLAKE2b), so that nobody can construct a collision."""
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
