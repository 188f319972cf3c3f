"""The plugin: brings one model, which finds unusual values in a time series, and a series for it to watch."""

from anomaly_model.anomaly_predict import AnomalyModel
from anomaly_model.anomaly_source import ElNinoReplay
from tornado_ml import MLModel, Source, hookimpl

__all__ = ["AnomalyModel", "ElNinoReplay", "register_models", "register_sources"]


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [AnomalyModel]


@hookimpl
def register_sources() -> list[Source]:
    return [ElNinoReplay("elnino", values_per_s=5), ElNinoReplay("elnino_fast", values_per_s=50)]
