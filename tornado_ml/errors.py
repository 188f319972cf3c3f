"""What can go wrong, by name: the exception tree, each class with the type and code that clients see.

    ServiceError                        answers a client
    ├── BadFrame, BadEnvelope, UnknownEvent, DuplicateId
    ├── BodyTooLarge, UnsupportedMediaType
    ├── InvalidInput, InvalidOutput
    ├── ModelNotFound, NotFound, MethodNotAllowed
    ├── ModelNotReady, Overloaded, RateLimited, ShuttingDown
    ├── DeadlineExceeded, Cancelled, Superseded, ModelCrashed
    ├── Unauthorized, Forbidden
    └── Internal
    OperatorError                       stops a command or marks a plugin or model as failed
    ├── SettingsError
    ├── PluginError
    └── ModelLoadError
        └── ModelRefused
    PredictionFailed, WorkerLost        between an executor and the service
    ElsewhereError                      raised in a worker process
    MLModelException                    raised by models
    └── MLModelSchemaValidationException

HTTP statuses are not here: `protocol.routes` has them.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

CancelOutcome = Literal["skipped", "stopped", "finished"]
LossCause = Literal["crashed", "stopped", "memory"]
"""Whether a worker died, was stopped because it went on with what nobody waited for, or held or wanted too much."""


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


class PredictionFailed(Exception):
    """A model raised something that is no answer. Its text is the traceback, for the log alone."""


class WorkerLost(Exception):
    """What ran a model is gone.

    Attributes:
        may_retry: whether another may try what it had not finished.
        cause: in a word, for whoever counts.
    """

    def __init__(self, message: str, *, may_retry: bool = True, cause: LossCause = "crashed") -> None:
        super().__init__(message)
        self.may_retry = may_retry
        self.cause = cause


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
    retryable: bool | None = None
    """Whether the same request may succeed if it is sent again; None leaves it unsaid."""

    def __init__(
        self, message: str | None = None, *, details: Iterable[Fault] = (), retry_after_s: float | None = None
    ) -> None:
        super().__init__(message or self.default_message)
        self.details = tuple(details)
        self.request_id: str | None = None
        """What the log names the request by, where the cause is only there."""
        self.retry_after_s = retry_after_s


class DeserializationError(ServiceError):
    type = "DESERIALIZATION_ERROR"


class SchemaError(ServiceError):
    type = "SCHEMA_ERROR"


class OtherError(ServiceError):
    type = "ERROR"


class BadFrame(DeserializationError):
    code = "BAD_FRAME"
    when = "not JSON or MessagePack, not an object, NaN or Infinity, deeper than `max_json_depth`"
    default_message = "The frame is not an object."


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
    when = "no such path, session, source or subscription"
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
    when = "the model's queue, or this connection's share, is full; with `retry_after_ms`"
    default_message = "Too many requests are open on this connection."
    retryable = True


class RateLimited(OtherError):
    code = "RATE_LIMITED"
    when = "a limit of this connection, token or address; with `retry_after_ms`"
    default_message = "Too many requests have come."
    retryable = True


class DeadlineExceeded(OtherError):
    code = "DEADLINE_EXCEEDED"
    when = "`meta.deadline_ms` or the model's `timeout_s` ran out"
    default_message = "The prediction was not ready in time."


class Cancelled(OtherError):
    """Attributes: `outcome`, what became of the prediction."""

    code = "CANCELLED"
    when = (
        "the client cancelled; `meta.outcome` is `skipped` (never started), `stopped` (its worker was stopped), or"
        " `finished` (it ran to its end and the result was dropped)"
    )
    default_message = "The request was cancelled."

    def __init__(self, outcome: CancelOutcome = "skipped") -> None:
        super().__init__()
        self.outcome = outcome


class Superseded(OtherError):
    code = "SUPERSEDED"
    when = "a later request of this connection replaced it"
    default_message = "A later request replaced this one."


class ModelCrashed(OtherError):
    code = "MODEL_CRASHED"
    when = (
        "the model's worker died while it ran the request; `retryable` is false for an input that is refused because it"
        " has killed workers before, and in a session, which is over then"
    )
    default_message = "The model crashed while it made this prediction."

    def __init__(self, message: str | None = None, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class ShuttingDown(OtherError):
    code = "SHUTTING_DOWN"
    when = "new work after `goaway`, or cut off by `drain_s`"
    default_message = "The service is shutting down."
    retryable = True


class Unauthorized(OtherError):
    code = "UNAUTHORIZED"
    when = "the service asks for a token, and there was none, or one that is unknown, expired or revoked"
    default_message = "This takes a token: there was none, or it is not known here."


class Forbidden(OtherError):
    code = "FORBIDDEN"
    when = "a refused Host or Origin, or a token that does not allow this"
    default_message = "This request is not allowed."


class Internal(OtherError):
    code = "INTERNAL"
    when = "anything else; the cause is in the log under the request id, never in the answer"
    default_message = "Could not make a prediction."


class ElsewhereError(Exception):
    """What was raised in another process. Its text is the traceback."""


def traceback_of(error: BaseException) -> str:
    """Its traceback, as Python prints it."""
    return str(error) if isinstance(error, ElsewhereError) else "".join(traceback.format_exception(error)).rstrip()


def told(error: BaseException) -> str:
    """What a person is told of an exception: the whole text of one that is meant for them, else its type as well."""
    if isinstance(error, OperatorError):
        return str(error)
    return ": ".join(filter(None, (type(error).__name__, str(error))))
