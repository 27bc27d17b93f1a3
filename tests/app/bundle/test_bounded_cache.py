"""The cache that is bounded by bytes."""

from app.bundle.bounded_cache import BoundedCache


def test_the_least_recently_used_value_is_dropped() -> None:
    cache = BoundedCache[str](10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 4)
    assert cache.get("a") == "A"  # now "b" is the older one
    cache.put("c", "C", 4)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("A", None, "C")
    assert (len(cache), cache.size) == (2, 8)


def test_a_value_that_does_not_fit_drops_nothing_else() -> None:
    cache = BoundedCache[str](10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 11)
    assert (cache.get("a"), cache.get("b"), cache.size) == ("A", None, 4)


def test_a_value_takes_the_place_of_the_one_before() -> None:
    cache = BoundedCache[str](10)
    cache.put("a", "A", 4)
    cache.put("a", "AA", 6)
    assert (cache.get("a"), len(cache), cache.size) == ("AA", 1, 6)
    cache.put("a", "AAA", 11)
    assert (cache.get("a"), cache.size) == (None, 0)
