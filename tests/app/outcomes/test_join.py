"""Events joined with impressions: cells, takes and labels of hand-made answers."""

from collections import Counter
from collections.abc import Mapping

import pytest

from app.outcomes.cells import RANK_BANDS, name_rank, tally
from app.outcomes.join import Joined, JoinRules, join
from app.outcomes.labels import read_conditions, tell_labels
from app.state.protocol import Cell, Impression, Label, LabelCell, RecordedEvent, Take
from models.contract.events import Event
from models.contract.roles import ActionRole, Role
from models.contract.tasks import Head, Task

SHOWN = Impression(
    recommendation_id="r",
    user_id="u",
    shown_at=7200.5,
    model_version="v1",
    item_ids=("a", "b"),
    scores=(0.75, 0.5),
    heads={"like": (0.85, 1.0), "next": (0.1, 0.1)},
    sources=(("neighbours", "text"), ()),
    first_rank=3,
    scene="home",
    variant="x",
    ages=("new", "week"),
)
FIRST = Cell("home", "x", "v1", "neighbours+text", "3", "new")
SECOND = Cell("home", "x", "v1", "", "4-5", "week")


def binary(name: str, label: str) -> Head:
    return Head(task=Task(name=name, kind="binary", label=label))


LIKE = JoinRules(conditions=read_conditions((binary("like", "value >= 4"),)))


def event(item: str, action: str, value: float | None = None) -> RecordedEvent:
    return RecordedEvent("u", Event(item, action, 1.0, value), None, "r", 3)


def test_places_are_in_bands() -> None:
    assert RANK_BANDS == ("1", "2", "3", "4-5", "6-10", "11-20", "21-50", "51-100", "101+")
    ranks = (1, 2, 3, 4, 5, 6, 10, 11, 20, 21, 50, 51, 100, 101, 5000)
    assert [RANK_BANDS.index(name_rank(rank)) for rank in ranks] == [
        0,
        1,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
        6,
        6,
        7,
        7,
        8,
        8,
    ]


def test_each_item_shown_counts_in_its_cell() -> None:
    assert tally([SHOWN, SHOWN]) == Counter({(2, FIRST): 2, (2, SECOND): 2})
    assert tally([]) == Counter()


def test_a_target_event_takes_the_item_and_tells_its_label() -> None:
    label = Label("r", 4, 2, LabelCell("like", "v1", 9), 1.0, True)
    assert join(SHOWN, event("b", "rate", 4.0), LIKE) == Joined(Take("r", 4, 2, SECOND, 4.0), (label,))
    assert join(SHOWN, event("a", "click"), LIKE) == Joined(Take("r", 3, 2, FIRST, 1.0), ())
    assert join(SHOWN, event("c", "click"), LIKE) is None


def test_roles_say_what_takes() -> None:
    roles = {"click": ActionRole(weight=2.5), "view": ActionRole(role=Role.EXPOSURE)}
    rules = JoinRules(roles, LIKE.conditions)
    taken = join(SHOWN, event("a", "click"), rules)
    assert taken is not None and taken.take is not None and taken.take.value == 2.5
    assert join(SHOWN, event("a", "view", 5.0), rules) == Joined(None, ())
    refused = join(SHOWN, event("a", "dislike", 1.0), rules)
    assert refused == Joined(None, (Label("r", 3, 2, LabelCell("like", "v1", 8), 0.85, False),))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("value >= 4", {"h": True}),
        ("value == 4.2", {"h": True}),
        ("value < 4", {"h": False}),
        ("value in [1, 2]", {"h": False}),
        ('action == "rate"', {"h": True}),
        ('action != "rate"', {"h": False}),
        ('action in ["click", "rate"] and not value > 5', {"h": True}),
        ('value == "4.2"', {}),
        ("action > 3", {}),
        ("item.year > 1990", {}),
        ('value >= 4 and context.device == "tv"', {}),
        ("value", {}),
        ('action == "rate" within 7d', {}),
        ("value >=", {}),
    ],
)
def test_labels_are_conditions_on_value_and_action(label: str, expected: Mapping[str, bool]) -> None:
    conditions = read_conditions((binary("h", label),))
    assert tell_labels(conditions, Event("a", "rate", 1.0, 4.2)) == expected


def test_an_event_without_a_value_says_nothing_of_it() -> None:
    conditions = read_conditions((binary("h", "value >= 4"), binary("g", 'value >= 4 or action == "like"')))
    assert tell_labels(conditions, Event("a", "like", 1.0)) == {"g": True}


def test_heads_of_other_kinds_are_not_read() -> None:
    heads = (Head(task=Task(name="rating", kind="regression", label="value", range=(1, 5))),)
    assert read_conditions(heads) == {}
