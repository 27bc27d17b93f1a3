import pytest

from benchmarks.serving.stages import compare_stages, parse_stages

PAGE = """\
# HELP chorus_stage_seconds Time a stage took
chorus_stage_seconds_bucket{le="0.001",stage="encode"} 3.0
chorus_stage_seconds_count{stage="encode"} 4.0
chorus_stage_seconds_sum{stage="encode"} 0.02
chorus_stage_seconds_count{stage="score"} 4.0
chorus_stage_seconds_sum{stage="score"} 1.6e-02
chorus_request_seconds_sum{endpoint="/v1/recommend"} 9.0
"""


def test_sums_are_read_from_the_page() -> None:
    assert parse_stages(PAGE) == {"encode": (0.02, 4.0), "score": (0.016, 4.0)}


def test_a_stage_takes_the_difference_of_the_sums_for_a_list() -> None:
    after = parse_stages(PAGE)
    assert compare_stages({"encode": (0.01, 2.0)}, after) == pytest.approx({"encode": 5000, "score": 4000})
    assert compare_stages(after, after) == {}
