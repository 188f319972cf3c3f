import json
import subprocess
import sys
from typing import Any

import pytest

pytest.importorskip("river", reason="needs river: pip install anomaly-model")

from anomaly_model import AnomalyModel, register_models
from anomaly_model.anomaly_predict import BEFORE_1997
from anomaly_model.anomaly_schemas import (
    INPUT_SCHEMA,
    MAX_HISTORY,
    MAX_VALUE,
    OUTPUT_SCHEMA,
    SESSION_SCHEMA,
    Parameters,
)
from anomaly_model.anomaly_source import el_nino_series
from tornado_ml.models.schema import Validator
from tornado_ml.testing import check_model

WOBBLE = [5.1, 4.9, 5.0, 5.2, 5.0, 4.8, 5.1, 5.0, 4.9, 5.1, 5.0, 4.9, 5.0]


@pytest.fixture(scope="module")
def model() -> AnomalyModel:
    return AnomalyModel()


def is_input(document: object) -> bool:
    return not Validator(INPUT_SCHEMA).faults(document)


def test_it_brings_one_sound_model() -> None:
    (found,) = [check_model(kind) for kind in register_models()]
    assert found.problems == ()
    assert found.report is not None
    assert (found.report.qualified_name, found.report.major_version) == ("anomaly_model", 1)


def test_the_examples_are_a_month_that_alarms_one_that_does_not_and_one_without_a_history(model: AnomalyModel) -> None:
    may, january, first = [model.predict(example) for example in model.examples]
    assert (may["alarm"], january["alarm"], first["alarm"]) == (True, False, False)
    assert may["time"] == "1997-05"
    assert first == {"value": 20.5, "expected": None, "score": 0, "alarm": False}


def test_the_examples_are_from_the_series() -> None:
    series = dict(el_nino_series())
    history = [series[f"{year}-{month:02}"] for year in (1994, 1995, 1996) for month in range(1, 13)]
    assert history == BEFORE_1997
    for example in AnomalyModel.examples[:2]:
        assert series[example["time"]] == example["value"]


def test_a_prediction_is_plain_data_that_fits_its_schema(model: AnomalyModel) -> None:
    for example in model.examples:
        prediction = model.predict(example)
        assert Validator(OUTPUT_SCHEMA).faults(prediction) == []
        assert json.loads(json.dumps(prediction)) == prediction


def test_without_a_session_it_remembers_nothing_and_answers_the_same_again(model: AnomalyModel) -> None:
    request = {"value": 9.9, "history": WOBBLE}
    first = model.predict(request)
    assert first["alarm"]
    assert model.predict({"value": 5.0})["expected"] is None
    assert model.predict(request) == first


def test_a_session_answers_as_a_request_with_the_history_would(model: AnomalyModel) -> None:
    parameters = {"season_length": 3, "memory": 20, "threshold": 0.9}
    session = model.open_session(parameters)
    for number, value in enumerate(WOBBLE):
        alone = {"value": value, "history": WOBBLE[:number], "parameters": parameters}
        assert session.predict({"value": value}) == model.predict(alone)


def test_two_sessions_do_not_know_each_other(model: AnomalyModel) -> None:
    here, there = model.open_session({}), model.open_session({})
    for value in WOBBLE:
        here.predict({"value": value})
        there.predict({"value": value + 100})
    assert here.predict({"value": 5.0})["expected"] == pytest.approx(5, abs=0.1)
    assert there.predict({"value": 5.0})["expected"] == pytest.approx(105, abs=0.1)


def test_a_session_learns_a_history_before_the_value_that_brings_it(model: AnomalyModel) -> None:
    one_by_one, at_once = model.open_session({}), model.open_session({})
    for value in WOBBLE:
        one_by_one.predict({"value": value})
    expected = one_by_one.predict({"value": 9.9})
    assert at_once.predict({"value": 9.9, "history": WOBBLE}) == expected
    assert at_once.predict({"value": 5.0}) == one_by_one.predict({"value": 5.0})


def test_a_session_begins_anew_with_other_parameters(model: AnomalyModel) -> None:
    session = model.open_session({})
    for value in WOBBLE:
        session.predict({"value": value + 100})
    parameters = {"season_length": 3, "threshold": 0.5}
    for number, value in enumerate(WOBBLE):
        alone = {"value": value, "history": WOBBLE[:number], "parameters": parameters}
        given = {"value": value, "parameters": parameters} if number == 0 else {"value": value}
        assert session.predict(given) == model.predict(alone)


def test_the_threshold_says_from_which_score_on_a_value_alarms(model: AnomalyModel) -> None:
    score = model.predict({"value": 5.2, "history": WOBBLE})["score"]
    for threshold, alarm in ((score - 1e-9, True), (score, True), (score + 1e-9, False)):
        request = {"value": 5.2, "history": WOBBLE, "parameters": {"threshold": threshold}}
        assert model.predict(request)["alarm"] is alarm


def test_the_time_is_returned_as_it_is(model: AnomalyModel) -> None:
    assert model.predict({"value": 1, "time": "yesterday"})["time"] == "yesterday"
    assert "time" not in model.predict({"value": 1})


@pytest.mark.parametrize(
    "fault",
    [
        {"value": "high"},
        {"value": None},
        {"value": 2 * MAX_VALUE},
        {"time": 5},
        {"history": [1, "2"]},
        {"history": [0] * (MAX_HISTORY + 1)},
        {"parameters": {"season_length": 0}},
        {"more": 1},
    ],
)
def test_an_input_with_a_fault_does_not_fit(fault: dict[str, Any]) -> None:
    good = {"value": 1, "time": "now", "history": [1, 2], "parameters": {"season_length": 12}}
    assert is_input(good)
    assert not is_input(good | fault)


def test_the_defaults_are_those_that_the_schema_says(model: AnomalyModel) -> None:
    properties = SESSION_SCHEMA["properties"]
    assert Parameters(**{name: said["default"] for name, said in properties.items()}) == Parameters()
    spelled_out = {name: said["default"] for name, said in properties.items()}
    assert model.predict({"value": 9, "history": WOBBLE, "parameters": spelled_out}) == model.predict(
        {"value": 9, "history": WOBBLE}
    )


def test_everything_in_the_schemas_is_described() -> None:
    for schema in (SESSION_SCHEMA, INPUT_SCHEMA, OUTPUT_SCHEMA):
        assert all(said["title"] and said["description"] for said in schema["properties"].values())


def test_importing_the_plugin_imports_no_heavy_library() -> None:
    names = "{'numpy', 'scipy', 'river'}"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, anomaly_model; print(*{names} & set(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == ""
