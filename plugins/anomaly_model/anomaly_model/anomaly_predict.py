"""The model as it is served: with a session for each series, or with the history in each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from anomaly_model.anomaly_schemas import INPUT_SCHEMA, MONTHLY, OUTPUT_SCHEMA, SESSION_SCHEMA, Parameters
from tornado_ml import MLModel, ModelSession

if TYPE_CHECKING:
    from anomaly_model.anomaly_detector import Detector

BEFORE_1997 = [
    *(24.56, 25.89, 25.75, 24.49, 23.52, 22.31, 21.17, 20.22, 20.65, 22.04, 22.27, 23.75),
    *(25.48, 26.25, 26.09, 24.32, 23.37, 22.43, 21.42, 20.46, 20.50, 20.62, 21.49, 22.03),
    *(23.81, 25.52, 26.28, 24.00, 23.11, 21.66, 20.72, 20.23, 20.43, 20.52, 20.77, 21.68),
]
"""Sea surface temperatures of three years, month by month, in °C, from `data/elnino.csv`."""


class AnomalyModel(MLModel):
    """Harmonic regression with river, on one series a session."""

    qualified_name = "anomaly_model"
    display_name = "Anomaly Model"
    description = "Says of each value of a time series, as it comes, what was expected and how unusual the value is."
    major_version = 1
    minor_version = 0
    input_schema = INPUT_SCHEMA
    output_schema = OUTPUT_SCHEMA
    session_schema = SESSION_SCHEMA
    examples = (
        {
            "value": 26.77,
            "time": "1997-05",
            "history": [*BEFORE_1997, 23.70, 26.08, 27.17, 26.74],
            "parameters": MONTHLY,
        },
        {"value": 23.70, "time": "1997-01", "history": BEFORE_1997, "parameters": MONTHLY},
        {"value": 20.5},
    )

    def __init__(self) -> None:
        # Imported here, not above: the service imports this module for its declaration alone.
        from anomaly_model.anomaly_detector import Detector

        self._make_detector = Detector

    def predict(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The judgement of a value after its history alone: nothing is remembered."""
        return self.open_session({}).predict(data)

    def open_session(self, parameters: Mapping[str, Any]) -> AnomalySession:
        return AnomalySession(self._make_detector, Parameters(**parameters))


class AnomalySession(ModelSession):
    """One series, whose values come one after the other."""

    def __init__(self, make_detector: Callable[[Parameters], Detector], parameters: Parameters) -> None:
        self._make_detector = make_detector
        self._begin(parameters)

    def predict(self, data: Mapping[str, Any]) -> dict[str, Any]:
        if "parameters" in data:
            self._begin(Parameters(**data["parameters"]))
        for value in data.get("history", ()):
            self._detector.judge(value)
        judgement = self._detector.judge(data["value"])
        label = {"time": data["time"]} if "time" in data else {}
        return label | {
            "value": data["value"],
            "expected": judgement.expected,
            "score": judgement.score,
            "alarm": judgement.score >= self._threshold,
        }

    def _begin(self, parameters: Parameters) -> None:
        self._detector = self._make_detector(parameters)
        self._threshold = parameters.threshold
