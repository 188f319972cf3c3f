"""What an operator can set: declared once, read from files, environment variables and the command line.

`declaration` has every setting; `kinds` and `tables` what a value or table may be; `reading` the layers;
`toml_text` the guard around the TOML reader; `reference` what is generated from the declaration.
"""

from tornado_ml.settings.declaration import (
    AddressLimits,
    AuthSettings,
    HolderLimits,
    LoggingSettings,
    ModelSettings,
    ObserverSettings,
    PluginModel,
    PluginSettings,
    RateLimits,
    ResumeSettings,
    ServerSettings,
    SessionSettings,
    Settings,
    SocketIOSettings,
    SubscriptionSettings,
    TokenLimits,
    TracingSettings,
)
from tornado_ml.settings.reading import load_settings

__all__ = [
    "AddressLimits",
    "AuthSettings",
    "HolderLimits",
    "LoggingSettings",
    "ModelSettings",
    "ObserverSettings",
    "PluginModel",
    "PluginSettings",
    "RateLimits",
    "ResumeSettings",
    "ServerSettings",
    "SessionSettings",
    "Settings",
    "SocketIOSettings",
    "SubscriptionSettings",
    "TokenLimits",
    "TracingSettings",
    "load_settings",
]
