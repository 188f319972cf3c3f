import math
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("river", reason="needs river: pip install anomaly-model")

from anomaly_model.anomaly_detector import FULLY_LEARNED, Detector, Judgement
from anomaly_model.anomaly_schemas import MAX_VALUE, Parameters

SEASON = [1.0, 4.0, 2.0, 8.0]


def judged(values: list[float], **parameters: object) -> list[Judgement]:
    detector = Detector(Parameters(**parameters))  # type: ignore[arg-type]
    return [detector.judge(value) for value in values]


def noise(count: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(0, 1) for _ in range(count)]


def expected(judgement: Judgement) -> float:
    assert judgement.expected is not None
    return judgement.expected


def test_it_expects_nothing_during_the_first_season_and_judges_nothing_during_the_next() -> None:
    found = judged(noise(100), season_length=20)
    assert [judgement.expected is None for judgement in found] == [True] * 20 + [False] * 80
    assert {judgement.score for judgement in found[:40]} == {0}
    assert all(judgement.score > 0 for judgement in found[40:])


def test_without_a_season_it_expects_after_two_values_and_judges_after_ten_errors() -> None:
    found = judged(noise(20))
    assert [judgement.expected is None for judgement in found] == [True] * 2 + [False] * 18
    assert [judgement.score > 0 for judgement in found] == [False] * 12 + [True] * 8


def test_it_learns_a_season_exactly() -> None:
    found = judged(SEASON * 5, season_length=4)
    assert [expected(judgement) for judgement in found[4:]] == pytest.approx(SEASON * 4, abs=1e-4)


def test_a_season_need_not_be_a_whole_number_of_values() -> None:
    wave = [math.sin(2 * math.pi * number / 12.5) for number in range(200)]
    found = judged(wave, season_length=12.5)
    assert [expected(judgement) for judgement in found[13:]] == pytest.approx(wave[13:], abs=1e-3)


@pytest.mark.parametrize("season_length", [1, 1.5, 2, 2.5, 3, 4, 5, 7, 20, 21])
def test_whatever_the_season_what_is_always_the_same_is_expected_and_never_unusual(season_length: float) -> None:
    found = judged([7.0] * 100, season_length=season_length, harmonics=10)
    assert {judgement.expected for judgement in found[21:]} == {7.0}
    assert {judgement.score for judgement in found} == {0}


def test_a_change_is_judged_by_the_last_value_and_the_usual_change() -> None:
    line = [3.0 * number + wobble for number, wobble in enumerate(noise(200))]
    found = judged(line, learns="change")
    for before, judgement in list(zip(line, found[1:], strict=False))[50:]:
        assert expected(judgement) == pytest.approx(before + 3, abs=0.5)


def test_the_score_is_the_share_of_usual_values_that_are_less_unusual() -> None:
    scores = sorted(judgement.score for judgement in judged(noise(4000), memory=1000)[1000:])
    for share in (0.25, 0.5, 0.75, 0.95, 0.99):
        assert scores[round(share * len(scores))] == pytest.approx(share, abs=0.04)


def test_both_what_is_too_high_and_what_is_too_low_is_unusual() -> None:
    before = noise(300)
    high, usual, low = [judged([*before, value])[-1].score for value in (6, 0.1, -6)]
    assert min(high, low) > 0.999
    assert usual < 0.3


def test_an_outlier_does_not_spoil_what_is_expected_after_it() -> None:
    before = noise(300)
    kept = expected(judged([*before, 0.0, 0.0])[-1])
    assert expected(judged([*before, 1e6, 0.0])[-1]) == pytest.approx(kept, abs=0.02)
    assert judged([*before, 1e6, 6.0])[-1].score > 0.999


def test_a_new_level_is_unusual_at_first_and_usual_within_a_memory() -> None:
    values = [*noise(300), *[value + 10 for value in noise(150, seed=2)]]
    scores = [judgement.score for judgement in judged(values, memory=100)]
    assert min(scores[300:305]) > 0.999
    assert sum(score > 0.99 for score in scores[-50:]) <= 2


def test_what_leaves_a_constant_is_unusual_and_learned() -> None:
    found = judged([5.0] * 100 + [6.0] * 200, memory=50)
    assert found[100].score == 1
    assert found[-1].score < 0.99
    assert expected(found[-1]) == pytest.approx(6, abs=0.01)


def test_it_forgets_what_is_two_memories_old() -> None:
    first, then = noise(200, seed=1), noise(300, seed=2)
    others = [9.0 - value for value in first]
    here, there = judged([*first, *then], memory=100), judged([*others, *then], memory=100)
    assert expected(there[200]) - expected(here[200]) > 8
    assert expected(there[-1]) == pytest.approx(expected(here[-1]), abs=0.001)


def test_the_arithmetic_is_no_noise() -> None:
    wave = [1e6 + math.sin(2 * math.pi * number / 24) for number in range(3000)]
    assert max(judgement.score for judgement in judged(wave, season_length=24)[500:]) < 0.99


@given(
    st.lists(st.floats(-MAX_VALUE, MAX_VALUE), max_size=60),
    st.builds(
        Parameters,
        season_length=st.floats(1, 30),
        harmonics=st.integers(0, 10),
        learns=st.sampled_from(["level", "change"]),
        memory=st.integers(10, 40),
    ),
)
@settings(deadline=None)
def test_any_series_is_judged_in_numbers_and_the_same_one_the_same(values: list[float], parameters: Parameters) -> None:
    detector, again = Detector(parameters), Detector(parameters)
    for value in values:
        judgement = detector.judge(value)
        assert judgement.expected is None or math.isfinite(judgement.expected)
        assert 0 <= judgement.score <= 1
        assert again.judge(value) == judgement


@given(st.integers(0, 1000), st.floats(1e-6, 1e6), st.floats(-1e6, 1e6))
@settings(deadline=None, max_examples=20)
def test_the_unit_of_a_series_does_not_matter(seed: int, factor: float, offset: float) -> None:
    values = noise(60, seed)
    others = [value * factor + offset for value in values]
    for here, there in zip(judged(values, season_length=4), judged(others, season_length=4), strict=True):
        assert there.score == pytest.approx(here.score, abs=1e-3 + 1e-6 * abs(offset) / factor)


def test_a_detector_does_not_grow_with_what_it_has_seen() -> None:
    detector = Detector(Parameters(memory=10))
    counts = []
    for value in noise(100):
        detector.judge(value)
        counts.append(len(detector._regressions))
    assert max(counts) == 2
    assert all(after - before in (0, 1) for before, after in pairwise(counts))


def test_it_is_still_sound_after_hundreds_of_memories() -> None:
    detector = Detector(Parameters(season_length=3, memory=50))
    chance = random.Random(1)
    for number in range(20_000):
        judgement = detector.judge(SEASON[number % 3] + chance.gauss(0, 0.01))
    assert expected(judgement) == pytest.approx(SEASON[(20_000 - 1) % 3], abs=0.05)
    assert detector.judge(9.0).score > 0.999


def test_an_error_is_fully_learned_up_to_three_standard_deviations() -> None:
    source = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert FULLY_LEARNED == 3
    assert "more than three times that is learned as three times that" in source
