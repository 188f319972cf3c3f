"""The detector: one series, learned value by value. It imports river, which takes seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from river import linear_model, stats

from anomaly_model.anomaly_schemas import Parameters

PRIOR_PRECISION = 1e-6
"""Of a coefficient, before anything is learned, where a value learned has 1: next to nothing is known."""

LEAST_LEARNED = 2
"""Values that are learned before one is expected, if a season is shorter."""

LEAST_ERRORS = 10
"""Errors that are seen before one is judged, if a season is shorter."""

FULLY_LEARNED = 3.0
"""Standard deviations: an error beyond is learned as if it were as large as this.

So an outlier does not spoil what is expected after it; a series that stays elsewhere is followed all the same, as
errors come to be expected to be larger. Source: the pre-cleaning of Gelper, Fried and Croux, Robust forecasting with
exponential and Holt-Winters smoothing, Journal of Forecasting 29 (2010), doi:10.1002/for.1125.
"""

RESOLUTION = 1e-9
"""Of a value: errors are not expected to be smaller, as they would be those of the arithmetic."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """See `OUTPUT_SCHEMA`."""

    expected: float | None
    score: float


class Detector:
    """Expects the next value of a series, and judges by the usual size of its errors how unusual the value is.

    A season is a constant and a few sine waves, whose coefficients river's Bayesian linear regression learns exactly.

    Source: harmonic regression, Hyndman and Athanasopoulos, Forecasting: Principles and Practice (2021), section 10.5.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._season_length = parameters.season_length
        self._harmonics = min(parameters.harmonics, math.floor(parameters.season_length / 2))
        self._learns_change = parameters.learns == "change"
        self._memory = math.ceil(max(parameters.memory, 2 * parameters.season_length))
        self._learning_count = max(LEAST_LEARNED, math.ceil(parameters.season_length))
        self._judging_count = max(LEAST_ERRORS, math.ceil(parameters.season_length))
        self._regressions = [new_regression()]
        self._fading = 1 / self._memory
        self._squared_error = stats.EWMean(self._fading)
        # It takes its first value for the mean so far. From zero on, the mean of n values is known to be too small by
        # the weight that zero still has.
        self._squared_error.update(0.0)
        self._value_count = 0
        self._error_count = 0
        self._base: float | None = None

    def judge(self, value: float) -> Judgement:
        """What was expected instead of the next value of the series, and how unusual it is; it is then learned."""
        features = self._features()
        if self._base is None:
            self._base = value
        expected = None
        score = 0.0
        learned = value
        if self._value_count >= self._learning_count:
            expected = self._base + float(self._regressions[0].predict_one(features))
            error = value - expected
            if self._error_count >= self._judging_count:
                smallest = RESOLUTION * max(abs(value), abs(expected))
                usual = self._usual_error()
                score = normal_score(error, max(usual, smallest))
                # While nothing has ever been off, the first thing that is says what size errors have.
                if usual > smallest:
                    error = min(max(error, -FULLY_LEARNED * usual), FULLY_LEARNED * usual)
            learned = expected + error
            self._squared_error.update(error * error)
            self._error_count += 1
        self._learn(features, learned - self._base)
        if self._learns_change:
            self._base = value
        return Judgement(expected, score)

    def _features(self) -> dict[str, float]:
        features = {"constant": 1.0}
        turns = self._value_count / self._season_length % 1.0
        for k in range(1, self._harmonics + 1):
            features[f"cos {k}"] = math.cos(2 * math.pi * k * turns)
            # A wave of two values has no sine: it would be zero at both.
            if 2 * k < self._season_length:
                features[f"sin {k}"] = math.sin(2 * math.pi * k * turns)
        return features

    def _usual_error(self) -> float:
        """The root of the mean squared error; newer errors count more."""
        weight = 1 - (1 - self._fading) ** self._error_count
        return math.sqrt(float(self._squared_error.get()) / weight)

    def _learn(self, features: dict[str, float], target: float) -> None:
        # The regression that has learned most is asked, and given up when it has learned two memories full, for one
        # that has learned one. river's own forgetting (`smoothing`) is no choice: of a feature that is not used, it
        # forgets the prior, until after some 170,000 values its matrix cannot be inverted any more.
        for regression in self._regressions:
            regression.learn_one(features, target)
        self._value_count += 1
        if self._value_count % self._memory == 0:
            self._regressions = [*self._regressions[-1:], new_regression()]


def new_regression() -> linear_model.BayesianLinearRegression:
    return linear_model.BayesianLinearRegression(alpha=PRIOR_PRECISION, beta=1.0)


def normal_score(error: float, usual_error: float) -> float:
    """The probability that a normally distributed error is smaller than `error`, from 0 to 1."""
    if error == 0:
        return 0.0
    return math.erf(abs(error) / usual_error / math.sqrt(2))
