"""Convert a user's state into the answer about the user, as plain values."""

from typing import Any

from app.state.protocol import ErasureReceipt, RecordedEvent, UserExport
from app.user_history import event_key
from models.contract.catalogue import User
from models.contract.events import Event
from models.contract.unix_time import NO_TIME


def user_answer(user_id: str, export: UserExport) -> dict[str, Any]:
    """The value of a UserAnswer; the events of the store have their details, those of the bundle alone none."""
    stored, state = export.stored, export.stored.state
    details = {event_key(recorded.event): recorded for recorded in export.recorded}
    return {
        "user_id": user_id,
        "profile": None if state.profile is None else profile_answer(state.profile),
        "event_count": len(state.events),
        "events": [event_answer(event, details.get(event_key(event))) for event in state.events],
        "past_item_ids": sorted(state.past_items),
        "merged_into": stored.merged_into,
        "merged_from": list(export.merged_from),
        "erased_at": stored.erased_at,
        "event_ids_remembered": export.event_ids,
    }


def remains_answer(delay_s: int | None, is_known: bool) -> dict[str, str]:
    """The remains after an erasure, as in ErasureAnswer; `delay_s` until the store's files forget the user.

    `is_known`: the bundle was trained with the user's events.
    """
    remains = {"mark": "a digest of the id, with the time of the erasure"}
    if delay_s is None:
        remains["append_only_file"] = "until Redis rewrites it, as configured there; backups as well"
    elif delay_s > 0:
        remains["append_only_file"] = f"rewritten within {delay_s} s"
    if is_known:
        remains["bundle"] = "not used for the user any more; its weights forget when it is trained again"
    return remains


def erasure_answer(
    receipt: ErasureReceipt, model_version: str, is_known: bool, delay_s: int | None
) -> dict[str, Any]:
    """The value of an ErasureStatus; `is_known`: the bundle in use was trained with the user's events."""
    return {
        "receipt": receipt.receipt_id,
        "erased_at": receipt.erased_at,
        "deleted": dict(receipt.deleted),
        "model_version": model_version,
        "bundle_knows_user": is_known,
        "first_bundle_without": receipt.first_bundle,
        "remains": remains_answer(delay_s, is_known),
    }


def profile_answer(user: User) -> dict[str, Any]:
    """The value of a ProfileAnswer."""
    return {"attributes": dict(user.attributes), "interests": user.interests}


def event_answer(event: Event, stored: RecordedEvent | None) -> dict[str, Any]:
    """The value of a UserEvent; `stored` is the event as it was accepted, None for one of the bundle alone."""
    text = event.text or ("" if stored is None else stored.event.text)
    return {
        "item_id": event.item_id,
        "action": event.action,
        "value": event.value,
        "timestamp": None if event.timestamp == NO_TIME else event.timestamp,
        "context": {} if stored is None else dict(stored.event.context),
        "recommendation_id": None if stored is None else stored.recommendation_id,
        "rank": None if stored is None else stored.rank,
        **({"text": text} if text else {}),
    }
