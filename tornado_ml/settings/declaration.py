"""Every setting, once: name, type, range, default and one sentence. Everything else is derived from here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tornado_ml.settings.kinds import (
    Flag,
    Folder,
    HostName,
    ListOf,
    Network,
    Number,
    OneOf,
    OptionalFile,
    OptionalUrl,
    Origin,
    Seconds,
    Text,
    Whole,
)
from tornado_ml.settings.tables import Entry, Named, Section, required, section, setting

ENVIRONMENTS = ("ProdConfig", "BetaConfig", "TestConfig", "DevConfig")
"""The environments that exist even if no file declares them."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Where the service listens, whom it answers, and how much it takes."""

    host: str = setting(HostName(), "127.0.0.1", "The address to listen on; 0.0.0.0 and :: are all of this machine's.")
    port: int = setting(Whole(0, 65535), 8765, "The port to listen on; 0 lets the kernel choose a free one.")
    reuse_port: bool = setting(
        Flag(),
        False,
        "Whether another process of the same user may listen on the same port (SO_REUSEPORT), so that a new one takes"
        " over while the old one finishes; it listens only when its models are loaded.",
    )
    wait_for_models: bool = setting(
        Flag(),
        False,
        "Whether it listens only when its models are loaded, for a proxy that tries it as soon as it is there; else it"
        " answers MODEL_NOT_READY meanwhile.",
    )
    tls_certificate: Path | None = setting(
        OptionalFile(),
        None,
        "The certificate with which the service itself speaks TLS, in PEM, followed by those that lead to its issuer;"
        " without it plain HTTP is spoken. SIGHUP reads it anew.",
    )
    tls_key: Path | None = setting(
        OptionalFile(), None, "The key of that certificate, in PEM, without a password; it may stand in the same file."
    )
    trusted_proxies: tuple[str, ...] = setting(
        ListOf(Network(), "a list of IP addresses and networks"),
        (),
        'The proxies whose word is taken for where a request comes from (X-Forwarded-For, X-Forwarded-Proto); "unix" is'
        " whoever comes by a Unix socket.",
    )
    allowed_hosts: tuple[str, ...] = setting(
        ListOf(HostName(), "a list of host names"),
        (),
        "The names by which clients may address the service (their Host header), besides localhost and loopback"
        " addresses.",
    )
    allowed_origins: tuple[str, ...] = setting(
        ListOf(Origin(), "a list of origins"),
        (),
        "The origins whose pages may use the service, besides its own.",
    )
    max_message_bytes: int = setting(
        Whole(1),
        65536,
        "The largest message or REST body in bytes; while one is parsed every other client waits, up to 3 ms at 64 KiB"
        " and 1.7 s at 10 MB.",
    )
    max_json_depth: int = setting(Whole(1), 64, "How deeply arrays and objects may be nested in a message.")
    max_connections: int = setting(
        Whole(1), 10_000, "How many sockets may be open at once; keep it below the limit of open files."
    )
    max_open_requests: int = setting(
        Whole(1), 64, "How many requests may be open at once on one connection; the next one is answered OVERLOADED."
    )
    outbox_bytes: int = setting(
        Whole(1), 1_048_576, "How many bytes of answers may wait for one client before its connection is given up."
    )
    stalled_s: float = setting(
        Seconds(zero=False), 5, "How long a client may read nothing while answers wait before it is given up."
    )
    ping_interval_s: float = setting(
        Seconds(zero=False), 20, "How often the service pings each client, so that no proxy takes it for idle."
    )
    drain_s: float = setting(
        Seconds(zero=True), 10, "How long a stop waits for open requests; 0 cuts them off at once."
    )
    allow_unauthenticated: bool = setting(
        Flag(),
        False,
        "Whether it may listen beyond this machine although it asks nobody for a token: for where a reverse proxy does,"
        " and nobody gets past that.",
    )


@dataclass(frozen=True, kw_only=True)
class AuthSettings:
    """Who is let in. Tokens are asked for where there is a file of them, or a plugin that knows them."""

    tokens: Path | None = setting(
        OptionalFile(),
        None,
        "The file of tokens, or rather of their hashes, which `tornado-ml token` writes; it is read anew when it"
        " changes.",
    )
    required: bool = setting(
        Flag(),
        False,
        "Whether nobody is let in without a token even where nothing is there that knows any, as when a plugin fails.",
    )


@dataclass(frozen=True, kw_only=True)
class PluginModel:
    """A model that comes as a class instead of a plugin; once for each."""

    module_name: str = required(
        Text(), "The module to import, where the model runs.", example="iris_model.iris_predict"
    )
    class_name: str = required(Text(), "The model's class in that module.", example="IrisModel")


@dataclass(frozen=True, kw_only=True)
class PluginSettings:
    """Where plugins come from, besides the entry points of installed packages."""

    directories: tuple[Path, ...] = setting(
        ListOf(Folder(), "a list of paths"),
        (),
        "Folders in which every Python file and package is a plugin; a relative path counts from the file that names"
        " it.",
    )
    disabled: tuple[str, ...] = setting(
        ListOf(Text(), "a list of plugin names"), (), "The names of plugins that are not loaded."
    )
    strict: bool = setting(Flag(), False, "Whether the service stops when, at the start, any plugin or model fails.")
    models: tuple[PluginModel, ...] = setting(
        ListOf(Entry(PluginModel), "a list of tables"), (), "Models that come as classes instead of plugins."
    )


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """How one model is run, whose qualified_name stands for NAME; once for each."""

    executor: str = setting(
        OneOf("", "process", "thread", "inline"),
        "",
        'Where the model runs: in worker processes ("process"), in a thread of the service ("thread"), or in its event'
        ' loop ("inline"); "" is what the model class asks for, and "process" where it asks for nothing.',
    )
    workers: int = setting(Whole(1, 256), 1, "How many worker processes the model has.")
    timeout_s: float = setting(
        Seconds(zero=False),
        30,
        "How long a prediction may run; after that it is answered DEADLINE_EXCEEDED and its worker replaced.",
    )
    load_timeout_s: float = setting(Seconds(zero=False), 60, "How long constructing the model may take.")
    max_queue: int = setting(
        Whole(1), 1024, "How many requests may wait for the model; the next one is answered OVERLOADED."
    )
    max_batch_size: int = setting(
        Whole(1), 64, "How many requests a model with predict_batch is given in one call at most."
    )
    max_batch_wait_s: float = setting(
        Seconds(zero=True), 0, "How long a request may wait for others to fill its batch; 0 takes what is there."
    )
    max_memory_bytes: int = setting(
        Whole(0), 0, "How much memory a worker may hold, resident or as its data segment; 0 is no limit."
    )
    max_sessions: int = setting(
        Whole(1), 256, "How many sessions the model may have at once; the next one is refused with OVERLOADED."
    )
    retry: bool = setting(
        Flag(), True, "Whether what a worker had not finished when it died is tried once more by another."
    )
    required: bool = setting(Flag(), False, "Whether the service is ready only when this model is.")


@dataclass(frozen=True, kw_only=True)
class ResumeSettings:
    """What is kept for a client whose connection dropped, if it has said `hello`."""

    grace_s: float = setting(Seconds(zero=True), 30, "How long it may take to come back; 0 keeps nothing.")
    max_bytes: int = setting(
        Whole(1),
        1_048_576,
        "How many bytes of the frames that were sent last are kept for one client, in case it comes back.",
    )
    max_waiting: int = setting(
        Whole(1), 1000, "How many clients that are away are kept at once; the one longest away goes first."
    )


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """The sessions of models that remember."""

    session_idle_s: float = setting(
        Seconds(zero=False), 300, "How long a session may be without a request before it is closed."
    )
    max_per_connection: int = setting(
        Whole(1), 16, "How many sessions one connection may have; the next one is refused with OVERLOADED."
    )


@dataclass(frozen=True, kw_only=True)
class SubscriptionSettings:
    """Predictions that are pushed."""

    max_per_connection: int = setting(
        Whole(1), 64, "How many subscriptions one connection may have; the next one is refused with OVERLOADED."
    )
    buffer_bytes: int = setting(
        Whole(1),
        262_144,
        "How many bytes of values may wait for a subscriber with the policy `buffer` before its subscription is ended.",
    )


@dataclass(frozen=True, kw_only=True)
class SocketIOSettings:
    """The Socket.IO endpoint, where tornado-ml[socketio] is installed."""

    enabled: bool = setting(Flag(), True, "Whether clients of Socket.IO are answered at /socket.io/.")


@dataclass(frozen=True, kw_only=True)
class TracingSettings:
    """Traces of requests, where tornado-ml[otel] is installed."""

    endpoint: str = setting(
        OptionalUrl(),
        "",
        "The address of a collector that speaks OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; without it,"
        " nothing is traced.",
    )


@dataclass(frozen=True, kw_only=True)
class ObserverSettings:
    """The journal: what was asked and answered, a line of JSON for each request, to look at and to replay."""

    file: Path | None = setting(
        OptionalFile(), None, "Where it is written; without it, nothing is. Only the user of the service may read it."
    )
    max_bytes: int = setting(
        Whole(1), 104_857_600, "How large the file may grow before it becomes FILE.1, FILE.1 becomes FILE.2, and so on."
    )
    max_age_s: float = setting(
        Seconds(zero=True), 86_400, "How old the first line may be before the same happens; 0 is no limit."
    )
    keep: int = setting(Whole(0), 7, "How many such older files are kept.")


@dataclass(frozen=True, kw_only=True)
class LoggingSettings:
    """What is written to standard error."""

    format: str = setting(
        OneOf("auto", "text", "json"),
        "auto",
        'Whether lines are for people ("text") or for programs ("json", an object a line); "auto" is text on a terminal'
        " and json elsewhere.",
    )
    level: str = setting(OneOf("debug", "info", "warning", "error"), "info", "What is less important is not written.")
    access: bool = setting(
        Flag(), False, "Whether each request gets a line, and each socket one when it opens and one when it closes."
    )


@dataclass(frozen=True, kw_only=True)
class RateLimits:
    """How fast one connection may ask; what comes faster is answered RATE_LIMITED."""

    requests_per_s: float = setting(
        Number(zero=True), 0, "How many requests, or other frames, may come in a second; 0 is no limit."
    )
    bytes_per_s: float = setting(Number(zero=True), 0, "How many bytes of them may come in a second; 0 is no limit.")
    burst_s: float = setting(
        Seconds(zero=False), 1, "How many seconds' worth of both may come at once, after a time with less."
    )


@dataclass(frozen=True, kw_only=True)
class HolderLimits(RateLimits):
    """How much may be taken on all connections together; what is beyond is answered RATE_LIMITED."""

    connections: int = setting(Whole(0), 0, "How many sockets and event streams may be open at once; 0 is no limit.")
    open_requests: int = setting(Whole(0), 0, "How many requests may be open at once; 0 is no limit.")
    sessions: int = setting(Whole(0), 0, "How many sessions there may be at once; 0 is no limit.")
    subscriptions: int = setting(Whole(0), 0, "How many subscriptions there may be at once; 0 is no limit.")


@dataclass(frozen=True, kw_only=True)
class TokenLimits(HolderLimits):
    """How much may be taken with one token, on all its connections together; what is beyond is RATE_LIMITED."""


@dataclass(frozen=True, kw_only=True)
class AddressLimits(HolderLimits):
    """How much may be taken from one address, or one /64 network of IPv6; name proxies in server.trusted_proxies."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, complete and checked."""

    server: ServerSettings = section(ServerSettings)
    auth: AuthSettings = section(AuthSettings)
    plugins: PluginSettings = section(PluginSettings)
    models: Mapping[str, ModelSettings] = dataclasses.field(
        default_factory=dict, metadata={"kind": Named(Section(ModelSettings))}
    )
    """By qualified_name, as far as the settings name them."""
    resume: ResumeSettings = section(ResumeSettings)
    sessions: SessionSettings = section(SessionSettings)
    subscriptions: SubscriptionSettings = section(SubscriptionSettings)
    socketio: SocketIOSettings = section(SocketIOSettings)
    logging: LoggingSettings = section(LoggingSettings)
    observer: ObserverSettings = section(ObserverSettings)
    tracing: TracingSettings = section(TracingSettings)
    limits_per_connection: RateLimits = section(RateLimits)
    limits_per_token: TokenLimits = section(TokenLimits)
    limits_per_address: AddressLimits = section(AddressLimits)

    def model(self, qualified_name: str) -> ModelSettings:
        """The settings of a model, whether they name it or not."""
        return self.models.get(qualified_name, ModelSettings())
