"""The protocols of stored state: users, items, the event stream, impressions, outcomes, experiments, and a store."""

from app.state.protocol.erasures import RECEIPT_PAGE, ErasureReceipt, ReceiptStore
from app.state.protocol.errors import (
    ItemDeletedError,
    StateUnavailableError,
    StoreFault,
    StoreFullError,
    UnmarkedErasureError,
)
from app.state.protocol.events import Appended, EventStream, RecordedEvent, StreamEntry
from app.state.protocol.experiments import (
    Arm,
    ArmSums,
    ArmTake,
    Experiment,
    ExperimentStore,
    Mode,
    NamedBundle,
    StoredExperiments,
    Variant,
)
from app.state.protocol.health import StoreHealth
from app.state.protocol.impressions import Impression, ImpressionEntry, ImpressionStore
from app.state.protocol.item_patch import ItemPatch
from app.state.protocol.items import ChangeKind, ItemChange, ItemPage, ItemStore, StoredItems
from app.state.protocol.live import Digests, ItemCounts, LiveStore, PairCounts
from app.state.protocol.merge import ProfilePair, UserMerge, join_profiles
from app.state.protocol.outcomes import (
    Cell,
    Counts,
    Label,
    LabelCell,
    LabelCounts,
    Outcomes,
    OutcomeStore,
    Take,
    TakeFate,
)
from app.state.protocol.replicas import BundleOrder, Fleet, Refusal, Replica, ReplicaBoard
from app.state.protocol.store import StateStore
from app.state.protocol.tenants import DEFAULT_TENANT, TENANT_PATTERN, TenantStore, check_tenant
from app.state.protocol.trials import TrialStore
from app.state.protocol.users import StoredUser, UserExport, UserStore

__all__ = [
    "DEFAULT_TENANT",
    "RECEIPT_PAGE",
    "TENANT_PATTERN",
    "Appended",
    "Arm",
    "ArmSums",
    "ArmTake",
    "BundleOrder",
    "Cell",
    "ChangeKind",
    "Counts",
    "Digests",
    "ErasureReceipt",
    "EventStream",
    "Experiment",
    "ExperimentStore",
    "Fleet",
    "Impression",
    "ImpressionEntry",
    "ImpressionStore",
    "ItemChange",
    "ItemCounts",
    "ItemDeletedError",
    "ItemPage",
    "ItemPatch",
    "ItemStore",
    "Label",
    "LabelCell",
    "LabelCounts",
    "LiveStore",
    "Mode",
    "NamedBundle",
    "OutcomeStore",
    "Outcomes",
    "PairCounts",
    "ProfilePair",
    "ReceiptStore",
    "RecordedEvent",
    "Refusal",
    "Replica",
    "ReplicaBoard",
    "StateStore",
    "StateUnavailableError",
    "StoreFault",
    "StoreFullError",
    "StoreHealth",
    "StoredExperiments",
    "StoredItems",
    "StoredUser",
    "StreamEntry",
    "Take",
    "TakeFate",
    "TenantStore",
    "TrialStore",
    "UnmarkedErasureError",
    "UserExport",
    "UserMerge",
    "UserStore",
    "Variant",
    "check_tenant",
    "join_profiles",
]
