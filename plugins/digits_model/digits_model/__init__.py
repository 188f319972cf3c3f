"""The plugin: brings one model in two versions, which read handwritten digits."""

from digits_model.digits_predict import ForestModel, KernelModel
from tornado_ml import MLModel, hookimpl

__all__ = ["ForestModel", "KernelModel", "register_models"]


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [ForestModel, KernelModel]
