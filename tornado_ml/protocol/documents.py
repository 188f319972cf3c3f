"""The documents of REST, declared once, and made from what the manager knows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, get_args

from marshmallow import fields, validate

from tornado_ml.models.manager import Deployment, ModelManager, ModelState, newest
from tornado_ml.models.source import Source, full_name
from tornado_ml.models.widget import WidgetKind
from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState
from tornado_ml.plugins.widgets import ServedWidget
from tornado_ml.protocol.payloads import Document, MessageSchema, PredictionResponseData, PredictionResponseMeta


def _state() -> fields.String:
    return fields.String(required=True, validate=validate.OneOf([state.value for state in ModelState]))


class VersionDocument(MessageSchema):
    model_version = fields.String(required=True, metadata={"description": "`major.minor`"})
    state = _state()
    reason = fields.String(metadata={"description": "Why it failed; absent unless it did."})


class ModelDocument(MessageSchema):
    """One model: its newest ready version, else its newest."""

    qualified_name = fields.String(required=True, metadata={"description": "The name that requests use."})
    display_name = fields.String(required=True)
    description = fields.String(required=True)
    major_version = fields.Integer(required=True, strict=True)
    minor_version = fields.Integer(required=True, strict=True)
    state = _state()
    versions = fields.List(
        fields.Nested(VersionDocument), required=True, metadata={"description": "All its versions, newest first."}
    )


class ModelsDocument(MessageSchema):
    models = fields.List(fields.Nested(ModelDocument), required=True)


class SourceDocument(MessageSchema):
    name = fields.String(required=True)
    description = fields.String(required=True)


class CapabilitiesDocument(MessageSchema):
    batch = fields.Boolean(required=True, metadata={"description": "Whether it answers several requests in one call."})
    stream = fields.Boolean(required=True, metadata={"description": "Whether it gives partial predictions."})
    session = fields.Boolean(required=True, metadata={"description": "Whether it has sessions."})
    sources = fields.List(fields.Nested(SourceDocument), required=True)


class ModelLimitsDocument(MessageSchema):
    max_message_bytes = fields.Integer(
        required=True,
        strict=True,
        metadata={"description": "The largest request, in bytes, on the socket and in REST."},
    )


class WidgetDocument(MessageSchema):
    name = fields.String(required=True, metadata={"description": "What a schema gives as `x-widget`."})
    kind = fields.String(required=True, validate=validate.OneOf(get_args(WidgetKind)))
    module = fields.String(required=True, metadata={"description": "The address of its ES module."})
    whole = fields.Boolean(
        required=True,
        metadata={"description": "Whether it is for all of the input or output, whatever the schema says."},
    )


class MetadataDocument(ModelDocument):
    input_schema = fields.Dict(keys=fields.String(), required=True, metadata={"description": "JSON Schema 2020-12."})
    output_schema = fields.Dict(keys=fields.String(), required=True, metadata={"description": "JSON Schema 2020-12."})
    examples = fields.List(
        fields.Raw(allow_none=True), required=True, metadata={"description": "Inputs to try the model with."}
    )
    partial_schema = fields.Dict(
        keys=fields.String(),
        metadata={"description": "JSON Schema 2020-12 of a partial prediction; absent unless the model has one."},
    )
    session_schema = fields.Dict(
        keys=fields.String(),
        metadata={"description": "JSON Schema 2020-12 of a session's parameters; absent if it keeps no sessions."},
    )
    capabilities = fields.Nested(CapabilitiesDocument, required=True)
    limits = fields.Nested(ModelLimitsDocument, required=True)
    widgets = fields.List(
        fields.Nested(WidgetDocument),
        required=True,
        metadata={"description": "Those of plugins that the page may load for this model."},
    )


class PredictionDocument(PredictionResponseData):
    meta = fields.Nested(PredictionResponseMeta, required=True)


class LoginBody(MessageSchema):
    token = fields.String(required=True)
    remember = fields.Boolean(
        metadata={"description": "Whether the browser keeps the cookie for 30 days, and not only until it is closed."}
    )


class LoginDocument(MessageSchema):
    name = fields.String(required=True, metadata={"description": "Whose token it is."})
    scopes = fields.List(fields.String(), required=True, metadata={"description": "What it allows."})


class LogoutDocument(MessageSchema):
    pass


class RegisteredDocument(MessageSchema):
    models = fields.List(
        fields.String(), required=True, metadata={"description": "The names of the models it brought."}
    )
    sources = fields.List(
        fields.String(), required=True, metadata={"description": "The sources it brought, as `model/source`."}
    )
    widgets = fields.List(
        fields.String(), required=True, metadata={"description": "The widgets it brought, as `kind/name`."}
    )
    authenticators = fields.List(
        fields.String(), required=True, metadata={"description": "The authenticators it brought, by class."}
    )
    observers = fields.List(
        fields.String(), required=True, metadata={"description": "The observers it brought, by name."}
    )


class PluginDocument(MessageSchema):
    name = fields.String(required=True)
    version = fields.String(required=True, allow_none=True)
    origin = fields.String(required=True, validate=validate.OneOf([origin.value for origin in PluginOrigin]))
    location = fields.String(required=True, metadata={"description": "Its module, path, or `module:Class`."})
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in PluginState]))
    registered = fields.Nested(RegisteredDocument, required=True)
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it failed, null unless it did."}
    )
    traceback = fields.String(
        metadata={
            "description": "Of what it raised, where there is one; only for programs and pages on the same machine, or,"
            " where tokens are asked for, for the scope `admin:*`."
        }
    )


class PluginsDocument(MessageSchema):
    plugins = fields.List(fields.Nested(PluginDocument), required=True)


class LiveDocument(MessageSchema):
    status = fields.String(required=True, validate=validate.Equal("live"))


class ReadyModelDocument(MessageSchema):
    qualified_name = fields.String(required=True)
    model_version = fields.String(
        required=True, allow_none=True, metadata={"description": "Null for a required model that no plugin brought."}
    )
    state = _state()
    required = fields.Boolean(required=True, metadata={"description": "Whether readiness waits for it."})


class ReadyDocument(MessageSchema):
    status = fields.String(required=True, validate=validate.OneOf(["ready", "not_ready"]))
    models = fields.List(fields.Nested(ReadyModelDocument), required=True)


def model_document(versions: Sequence[Deployment[Any]], shown: Deployment[Any] | None = None) -> Document:
    """The entry of one model, from all its versions, newest first; of the version `shown` where that is given."""
    deployment = shown or newest(versions)
    name, (major, minor) = deployment.known_identity
    return {
        "qualified_name": name,
        "display_name": deployment.display_name,
        "description": deployment.description,
        "major_version": major,
        "minor_version": minor,
        "state": deployment.state.value,
        "versions": [_version_document(one) for one in versions],
    }


def metadata_document(
    versions: Sequence[Deployment[Any]],
    deployment: Deployment[Any],
    sources: Sequence[Source],
    max_message_bytes: int,
    widgets: Sequence[ServedWidget] = (),
) -> Document:
    """The metadata of one of a model's versions.

    Args:
        versions: all of them, newest first.
        deployment: the one that is described.
        sources: those that feed the model.
        max_message_bytes: the setting.
        widgets: those that the page may load for the model.

    Raises:
        ModelNotReady: it has not said its schemas yet.
    """
    report = deployment.ready_report
    optional = {"partial_schema": report.partial_schema, "session_schema": report.session_schema}
    return model_document(versions, deployment) | {
        "input_schema": report.input_schema,
        "output_schema": report.output_schema,
        **{key: schema for key, schema in optional.items() if schema is not None},
        "examples": list(report.examples),
        "capabilities": {
            "batch": report.has_batch,
            "stream": report.has_stream,
            "session": report.has_session,
            "sources": [{"name": source.name, "description": source.description} for source in sources],
        },
        "limits": {"max_message_bytes": max_message_bytes},
        "widgets": [
            {
                "name": served.widget.name,
                "kind": served.widget.kind,
                "module": served.address,
                "whole": served.widget.model_qualified_name is not None,
            }
            for served in widgets
        ],
    }


def models_document(manager: ModelManager[Any]) -> Document:
    """All models."""
    by_name = groupby(manager.deployments(), key=lambda one: one.known_identity[0])
    return {"models": [model_document(list(versions)) for _, versions in by_name]}


def plugins_document(plugins: PluginHost, manager: ModelManager[Any], *, with_tracebacks: bool) -> Document:
    """All plugins."""
    entries = [_plugin_document(plugin, manager.models_of(plugin.key)) for plugin in plugins.plugins]
    if with_tracebacks:
        for plugin, entry in zip(plugins.plugins, entries, strict=True):
            entry |= {} if plugin.traceback is None else {"traceback": plugin.traceback}
    return {"plugins": entries}


def _plugin_document(plugin: Plugin, models: Sequence[str]) -> Document:
    return {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin.value,
        "location": plugin.location,
        "state": plugin.state.value,
        "registered": {
            "models": list(models),
            "sources": sorted(full_name(source) for source in plugin.sources),
            "widgets": sorted(widget.full_name for widget in plugin.widgets),
            "authenticators": sorted(type(one).__qualname__ for one in plugin.authenticators),
            "observers": sorted(one.name for one in plugin.observers),
        },
        "reason": plugin.reason,
    }


def _version_document(deployment: Deployment[Any]) -> Document:
    document: Document = {"model_version": deployment.model_version, "state": deployment.state.value}
    if deployment.reason is not None:
        document["reason"] = deployment.reason
    return document
