"""The plugin: brings one model, which writes in the manner of Jane Austen and streams what it writes."""

from collections.abc import Callable

from text_model.text_predict import TextModel
from tornado_ml import MLModel, hookimpl

__all__ = ["TextModel", "register_models"]


@hookimpl
def register_models() -> list[Callable[[], MLModel]]:
    return [TextModel]
