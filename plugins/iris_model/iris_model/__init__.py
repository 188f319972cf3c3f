"""The plugin: brings one model, which tells the species of an iris flower from four lengths."""

from iris_model.iris_predict import IrisModel
from tornado_ml import MLModel, hookimpl

__all__ = ["IrisModel", "register_models"]


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [IrisModel]
