"""Messages of the socket: from documents and to documents. Frames become documents in a codec; nothing is sent here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from tornado_ml.errors import BadEnvelope, Fault, ServiceError, UnknownEvent
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.schema import Validator
from tornado_ml.protocol.events import EVENTS, MAX_ID_LENGTH, Event
from tornado_ml.protocol.payloads import MAX_SAFE_INTEGER, Document

RequestId = str | int


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """A frame from a client that has been found to be good."""

    event: Event
    id: RequestId | None
    data: Document
    meta: Document = field(default_factory=dict)


_CLIENT_EVENTS: Mapping[str, tuple[Event, Validator]] = {
    event.name: (event, Validator(event.envelope())) for event in EVENTS if event.sender == "client"
}


def readable_id(document: Document) -> RequestId | None:
    """The id of a client's document, if it has a good one."""
    value = document.get("id")
    return value if is_id(value) else None


def is_id(value: object) -> TypeGuard[RequestId]:
    """Whether `value` may be an id; `True` and 1.0 may not."""
    if type(value) is str:
        return 1 <= len(value) <= MAX_ID_LENGTH
    return type(value) is int and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER


def parse(document: Document) -> ClientMessage:
    """The message that a client's document is.

    Raises:
        BadEnvelope: a key is missing, unknown, or of the wrong type; `details` name each.
        UnknownEvent: clients send no such event.
    """
    name = document.get("event")
    if type(name) is not str:
        path, problem = ("/event", "must be a string") if "event" in document else ("/event", "is required")
        raise _bad_envelope([Fault(path, problem)])
    known = _CLIENT_EVENTS.get(name)
    if known is None:
        raise UnknownEvent(f"There is no event {_shown(name)}. Clients send: {', '.join(_CLIENT_EVENTS)}.")
    event, validator = known
    if event.data_forms and (faults := _form_faults(event, document.get("data"))):
        raise _bad_envelope(faults)
    if not validator.fits_plain(document):
        raise _bad_envelope(validator.faults(document))
    # JSON Schema takes 1.0 for an integer; an id must come back exactly as it was sent, so a float is refused.
    meta = document.get("meta", {})
    for path, holder, key in (("/id", document, "id"), ("/meta/replaces", meta, "replaces")):
        if key in holder and not is_id(holder[key]):
            raise _bad_envelope([Fault(path, "must be a string of 1 to 64 characters or an integer within ±(2⁵³−1)")])
    return ClientMessage(event, document.get("id"), document["data"], meta)


def _form_faults(event: Event, data: object) -> list[Fault]:
    """What is missing or too much in `data`, which may have one of several sets of keys."""
    if not isinstance(data, dict) or frozenset(data) in event.data_forms:
        return []  # what is no object is the validator's to refuse
    form = max(event.data_forms, key=lambda keys: (len(keys & data.keys()), -len(keys)))
    missing = [Fault(f"/data/{key}", "is required") for key in sorted(form - data.keys())]
    return missing + [Fault(json_pointer(("data", key)), "is not expected") for key in data if key not in form]


def _bad_envelope(faults: list[Fault]) -> BadEnvelope:
    first = faults[0]
    where = first.path[1:].replace("/", ".") or "the message"
    return BadEnvelope(f"{where} {first.message}.", details=faults)


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_ID_LENGTH else text[:MAX_ID_LENGTH] + "…")


def server_message(
    event: Event, data: Document, *, id: RequestId | None = None, meta: Document | None = None
) -> Document:
    """The document of a frame to a client; keys without a value are left out."""
    document: Document = {"event": event.name}
    if id is not None:
        document["id"] = id
    document["data"] = data
    if meta:
        document["meta"] = meta
    return document


def error_data(error: ServiceError, model_qualified_name: str | None = None) -> Document:
    """The `data` of a `prediction_error`, which is also the body of every REST error."""
    data: Document = {"type": error.type, "code": error.code, "message": str(error)}
    if model_qualified_name is not None:
        data["model_qualified_name"] = model_qualified_name
    if error.details:
        data["details"] = [{"path": fault.path, "message": fault.message} for fault in error.details]
    if error.retryable is not None:
        data["retryable"] = error.retryable
    if error.retry_after_s is not None:
        data["retry_after_ms"] = max(1, math.ceil(error.retry_after_s * 1000))
    return data
