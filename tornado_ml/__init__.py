"""tornado-ml serves machine-learning models over WebSockets. This is what the author of a model plugin imports."""

from typing import TYPE_CHECKING, Any

from tornado_ml.access import Authenticator, Identity
from tornado_ml.codecs.base import Codec
from tornado_ml.errors import MLModelException, MLModelSchemaValidationException
from tornado_ml.hookspecs import hookimpl
from tornado_ml.models.base import MLModel, ModelSession, Pause
from tornado_ml.models.cancellation import cancelled
from tornado_ml.models.source import PushSource, Source
from tornado_ml.models.widget import Widget
from tornado_ml.observers.base import Observer, Record

if TYPE_CHECKING:
    from tornado_ml.models.tensor_field import Tensor

__all__ = [
    "Authenticator",
    "Codec",
    "Identity",
    "MLModel",
    "MLModelException",
    "MLModelSchemaValidationException",
    "ModelSession",
    "Observer",
    "Pause",
    "PushSource",
    "Record",
    "Source",
    "Tensor",
    "Widget",
    "cancelled",
    "hookimpl",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Importing a plugin stays cheap: marshmallow comes only to who has a field of it.
    if name == "Tensor":
        from tornado_ml.models.tensor_field import Tensor

        return Tensor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
