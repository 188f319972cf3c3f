"""What can go wrong, by name: the exception tree, each class with the type and code that clients see.

    ServiceError                        answers a client
    ├── BadFrame, BadEnvelope, UnknownEvent, DuplicateId
    ├── BodyTooLarge, UnsupportedMediaType
    ├── InvalidInput, InvalidOutput
    ├── ModelNotFound, NotFound, MethodNotAllowed
    ├── ModelNotReady, Overloaded, ShuttingDown
    ├── Forbidden
    └── Internal
    OperatorError                       stops a command or marks a plugin or model as failed
    ├── SettingsError
    ├── PluginError
    └── ModelLoadError
        └── ModelRefused
    MLModelException                    raised by models
    └── MLModelSchemaValidationException

HTTP statuses are not here: `protocol.routes` has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class MLModelException(Exception):
    """Raised by a model that cannot make a prediction."""


class MLModelSchemaValidationException(MLModelException):
    """Raised by a model whose input does not fit its schema; answered as `INVALID_INPUT`, with its message."""


class OperatorError(Exception):
    """Something the person who runs the service can mend. Its text is complete and may be shown to them as it is."""


class SettingsError(OperatorError):
    """The settings cannot be used: names the file, the line or key, what it got and what it wants."""


class PluginError(OperatorError):
    """A plugin cannot be used."""


class ModelLoadError(OperatorError):
    """A model could not be loaded."""


class ModelRefused(ModelLoadError):
    """A model cannot be served as it is declared."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document; `path` is a JSON Pointer into it (RFC 6901), `""` the whole."""

    path: str
    message: str


class ServiceError(Exception):
    """An answer that is not what the client asked for. `str()` of it is the message the client sees."""

    type: ClassVar[str]
    code: ClassVar[str]
    when: ClassVar[str]
    """When it happens, for the reference."""
    default_message: ClassVar[str]
    retryable: ClassVar[bool | None] = None
    """Whether the same request may succeed if it is sent again; None leaves it unsaid."""

    def __init__(
        self, message: str | None = None, *, details: Iterable[Fault] = (), retry_after_s: float | None = None
    ) -> None:
        super().__init__(message or self.default_message)
        self.details = tuple(details)
        self.retry_after_s = retry_after_s


class DeserializationError(ServiceError):
    type = "DESERIALIZATION_ERROR"


class SchemaError(ServiceError):
    type = "SCHEMA_ERROR"


class OtherError(ServiceError):
    type = "ERROR"


class BadFrame(DeserializationError):
    code = "BAD_FRAME"
    when = "not JSON, not an object, NaN or Infinity, deeper than `max_json_depth`"
    default_message = "The frame is not a JSON object."


class BadEnvelope(DeserializationError):
    code = "BAD_ENVELOPE"
    when = "a key missing, unknown, or of the wrong type"
    default_message = "The message does not have the keys it needs."


class UnknownEvent(DeserializationError):
    code = "UNKNOWN_EVENT"
    when = "no such event"
    default_message = "There is no such event."


class DuplicateId(DeserializationError):
    code = "DUPLICATE_ID"
    when = "the id is in use by an open request of this connection"
    default_message = "The id is in use by an open request of this connection."


class BodyTooLarge(DeserializationError):
    code = "BODY_TOO_LARGE"
    when = "REST only: the body is over `max_message_bytes`"
    default_message = "The body is too large."


class UnsupportedMediaType(DeserializationError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    when = "REST only: the body is declared as something other than JSON"
    default_message = "The body must be JSON: send it with `Content-Type: application/json`."


class InvalidInput(SchemaError):
    code = "INVALID_INPUT"
    when = (
        "`input_data` does not fit the model's input schema, or the model raised `MLModelSchemaValidationException`;"
        " `details` has one `{path, message}` per fault"
    )
    default_message = "The input does not fit the model's input schema."


class InvalidOutput(SchemaError):
    code = "INVALID_OUTPUT"
    when = "the model's prediction does not fit its own output schema, or cannot be encoded"
    default_message = "The model's prediction does not fit its output schema."


class ModelNotFound(OtherError):
    code = "MODEL_NOT_FOUND"
    when = "no such model, or no such version"
    default_message = "Model not found."


class NotFound(OtherError):
    code = "NOT_FOUND"
    when = "no such path"
    default_message = "There is nothing at this address."


class MethodNotAllowed(OtherError):
    code = "METHOD_NOT_ALLOWED"
    when = "the path does not take this method; the `Allow` header lists those it takes"
    default_message = "This address does not take this method."


class ModelNotReady(OtherError):
    code = "MODEL_NOT_READY"
    when = "the model is loading, failed to load, or is being unloaded"
    default_message = "The model is not ready."
    retryable = True


class Overloaded(OtherError):
    code = "OVERLOADED"
    when = "this connection has too many requests open; with `retry_after_ms`"
    default_message = "Too many requests are open on this connection."
    retryable = True


class ShuttingDown(OtherError):
    code = "SHUTTING_DOWN"
    when = "new work after `goaway`, or cut off by `drain_s`"
    default_message = "The service is shutting down."
    retryable = True


class Forbidden(OtherError):
    code = "FORBIDDEN"
    when = "a refused Host or Origin"
    default_message = "This request is not allowed."


class Internal(OtherError):
    code = "INTERNAL"
    when = "anything else; the cause is in the log under the request id, never in the answer"
    default_message = "Could not make a prediction."


def told(error: BaseException) -> str:
    """What a person is told of an exception: the whole text of one that is meant for them, else its type as well."""
    if isinstance(error, OperatorError):
        return str(error)
    return ": ".join(filter(None, (type(error).__name__, str(error))))
