"""The cap of wrong keys, by hand-worked times."""

from app.access.wrong_keys import MAX_PEERS, WrongKeyCap


def test_ten_at_once_then_one_each_six_seconds() -> None:
    time = [0.0]
    cap = WrongKeyCap(10, lambda: time[0])
    assert [cap.count("a") for _ in range(10)] == [0] * 10
    assert cap.count("a") == cap.count("a") == 6.0, "a refused one costs nothing"
    assert cap.count("b") == 0, "another peer"
    time[0] = 6.0
    assert cap.count("a") == 0 and cap.count("a") == 6.0


def test_the_memory_is_bounded_and_forgets_the_quietest_peer() -> None:
    cap = WrongKeyCap(1, lambda: 0.0)
    cap.count("first")
    for number in range(MAX_PEERS - 1):
        cap.count(str(number))
    assert cap.count("first") > 0, "still known"
    cap.count("one more")
    assert len(cap) == MAX_PEERS
    assert cap.count("first") > 0 and cap.count("0") == 0, "the quietest was forgotten"
