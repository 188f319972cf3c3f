"""tornado-ml serves machine-learning models over WebSockets. This is what the author of a model plugin imports."""

from tornado_ml.codecs.base import Codec
from tornado_ml.errors import MLModelException, MLModelSchemaValidationException
from tornado_ml.hookspecs import hookimpl
from tornado_ml.models.base import MLModel, ModelSession
from tornado_ml.models.cancellation import cancelled
from tornado_ml.models.source import PushSource, Source
from tornado_ml.models.tensor_field import Tensor

__all__ = [
    "Codec",
    "MLModel",
    "MLModelException",
    "MLModelSchemaValidationException",
    "ModelSession",
    "PushSource",
    "Source",
    "Tensor",
    "cancelled",
    "hookimpl",
]
__version__ = "0.1.0"
