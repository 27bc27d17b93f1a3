"""The packed value: byte for byte, there and back, and damaged."""

import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.protocol import RecordedEvent
from app.state.redis.codec import (
    HEADER,
    CorruptValueError,
    pack_event,
    pack_recorded,
    pack_text,
    pack_value,
    unpack_events,
    unpack_past_items,
    unpack_recorded,
)
from models.contract.events import Event

finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=512)
events = st.builds(Event, texts, texts, finite, st.none() | st.floats(allow_nan=False))


def test_bytes_of_one_event() -> None:
    record = pack_event(Event("é", "like", 1.0))
    assert record == struct.pack("<Hdd", 24, 1.0, math.nan) + b"\x04\x00like\xc3\xa9"
    assert pack_value([record]) == b"\x01\x01\x00\x00\x00" + record


@given(st.lists(events, max_size=20))
def test_what_goes_in_comes_out_by_time_and_then_as_it_came(given_events: list[Event]) -> None:
    packed = pack_value(pack_event(event) for event in given_events)
    assert unpack_events(packed) == tuple(sorted(given_events, key=lambda event: event.timestamp))


def test_contexts_are_left_out() -> None:
    packed = pack_value([pack_event(Event("1", "view", 1.0, context={"device": "mobile"}))])
    assert unpack_events(packed) == (Event("1", "view", 1.0),)


def test_bytes_of_one_event_with_details() -> None:
    recorded = RecordedEvent("1", Event("é", "like", 1.0, context={"a": "b"}), "e1", "r", 2)
    details = b'[{"a":"b"},"r",2]'
    record = struct.pack("<Hdd", 26 + len(details), 1.0, math.nan) + b"\x04\x80\x02\x00like\xc3\xa9" + details
    assert pack_recorded(recorded) == record
    plain = pack_event(Event("2", "view", 0.5))
    packed = pack_value([record, plain])  # a value of the earlier version, to which an event was added
    assert unpack_events(packed) == (Event("2", "view", 0.5), Event("é", "like", 1.0))
    assert unpack_recorded("1", packed) == (
        RecordedEvent("1", Event("2", "view", 0.5)),
        replace(recorded, event_id=None),
    )
    for stop in range(len(packed)):
        with pytest.raises(CorruptValueError):
            unpack_events(packed[:stop])
    with pytest.raises(CorruptValueError):
        unpack_recorded("1", packed.replace(b"[{", b"{["))


def test_an_event_without_details_has_the_bytes_of_the_earlier_version() -> None:
    event = Event("é", "like", 1.0)
    assert pack_recorded(RecordedEvent("1", event, "e1")) == pack_event(event)


def test_a_context_that_is_too_long_is_left_out_of_the_history() -> None:
    context = {"device": "x" * 4_000}
    packed = pack_value(
        [pack_recorded(RecordedEvent("1", Event("1", "view", 1.0, None, context), None, "r"))]
    )
    assert unpack_recorded("1", packed) == (
        RecordedEvent("1", Event("1", "view", 1.0), recommendation_id="r"),
    )


@pytest.mark.parametrize("timestamp", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_not_finite_is_refused(timestamp: float) -> None:
    with pytest.raises(ValueError, match="finite timestamp"):
        pack_event(Event("1", "view", timestamp))


def test_a_text_that_is_too_long_is_refused() -> None:
    assert len(pack_event(Event("i" * 65_517, "", 0.0))) == 65_537  # 65,535 after the size
    with pytest.raises(ValueError, match="at most 65535 bytes, given 65536"):
        pack_event(Event("i" * 65_518, "", 0.0))


def test_a_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        pack_event(Event("\ud800", "view", 0.0))


PACKED = pack_value([pack_event(Event("1196", "rate", 5.0, 4.0)), pack_event(Event("2", "view", 6.0))])


@pytest.mark.parametrize("length", range(len(PACKED)))
def test_every_shortened_value_is_found_corrupt(length: int) -> None:
    with pytest.raises(CorruptValueError):
        unpack_events(PACKED[:length])


@pytest.mark.parametrize(
    "damaged",
    [
        b"\x02" + PACKED[1:],  # another version
        PACKED + b"x",  # more than was counted
        HEADER.pack(1, 3) + PACKED[5:],  # less than was counted
        HEADER.pack(1, 2**32 - 1),
        PACKED[:5] + struct.pack("<Hdd", 22, math.nan, 0.0) + PACKED[23:],  # no time
        PACKED[:23] + b"\xff\xff" + PACKED[25:],  # the action is longer than its record
        PACKED.replace(b"rate", b"\xff\xff\xff\xff"),  # no UTF-8
    ],
)
def test_damage_is_found(damaged: bytes) -> None:
    with pytest.raises(CorruptValueError):
        unpack_events(damaged)


@given(st.binary(max_size=100))
def test_any_bytes_are_events_or_corrupt(packed: bytes) -> None:
    try:
        found = unpack_events(packed)
    except CorruptValueError:
        return
    assert len(found) == HEADER.unpack_from(packed)[1]


def test_bytes_of_past_items() -> None:
    assert unpack_past_items(b"\x01\x02\x00\xc3\xa9\x00\x00\x04\x001196") == {"é", "", "1196"}
    assert unpack_past_items(b"\x01") == frozenset()


@pytest.mark.parametrize("damaged", [b"", b"\x02", b"\x01\x01", b"\x01\x02\x00a", b"\x01\x01\x00\xff"])
def test_damaged_past_items_are_found(damaged: bytes) -> None:
    with pytest.raises(CorruptValueError):
        unpack_past_items(damaged)


def test_a_text_is_kept_with_the_event_beside_its_other_details():
    said = Event("1", "view", 1.0, None, {"device": "tv"}, 'so "good" \n [{')
    plain = RecordedEvent("u", Event("2", "view", 2.0, None, {"device": "tv"}), None, "r", 3)
    recorded = RecordedEvent("u", said, None, "r", 3)
    packed = pack_value([pack_recorded(recorded), pack_recorded(plain), pack_event(said, pack_text(said))])
    assert unpack_recorded("u", packed) == (
        recorded,
        RecordedEvent("u", replace(said, context={})),
        plain,
    )
    assert [event.text for event in unpack_events(packed)] == [said.text, said.text, ""]


def test_a_text_stays_where_the_context_is_too_long_for_the_history():
    context = {str(number): "x" * 500 for number in range(10)}
    packed = pack_value(
        [pack_recorded(RecordedEvent("u", Event("1", "view", 1.0, None, context, "\0" * 1000)))]
    )
    assert unpack_recorded("u", packed) == (RecordedEvent("u", Event("1", "view", 1.0, text="\0" * 1000)),)


def test_details_with_a_damaged_text_are_corrupt():
    packed = pack_value([pack_event(Event("1", "view", 1.0), b'["text", {}]')])
    with pytest.raises(CorruptValueError, match="expected details"):
        unpack_events(packed)
