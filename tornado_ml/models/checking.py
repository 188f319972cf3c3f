"""Whether a model can be served: it loads, its examples fit its input schema, and it predicts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tornado_ml.errors import Fault, PredictionFailed, SchemaError, told
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.schema import Validator


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What a check found.

    Attributes:
        report: what the model says of itself; None if it could not be constructed.
        problems: one text each, perhaps with a traceback; none if all is well.
    """

    report: ModelReport | None
    problems: tuple[str, ...]


def check_model(factory: Callable[[], object]) -> ModelCheck:
    """Construct a model and try its examples; whatever it raises becomes a problem."""
    try:
        model = LoadedModel(factory)
    # A constructor may call sys.exit, which is no Exception.
    except (Exception, SystemExit) as error:
        return ModelCheck(None, (f"It could not be loaded: {told(error)}",))
    validator = Validator(model.report.input_schema)
    problems = []
    for number, example in enumerate(model.report.examples, start=1):
        faults = validator.faults(example)
        if faults:
            problems.append(f"Example {number} does not fit the input schema: {_listed(faults)}")
            continue
        try:
            model.predict(example)
        except SchemaError as error:
            problems.append(f"Example {number}: {error} {_listed(error.details)}".rstrip())
        except PredictionFailed as error:
            problems.append(f"Example {number} could not be predicted:\n{error}")
        except Exception as error:
            problems.append(f"Example {number} could not be predicted: {told(error)}")
    return ModelCheck(model.report, tuple(problems))


def _listed(faults: Iterable[Fault]) -> str:
    return "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in faults)
