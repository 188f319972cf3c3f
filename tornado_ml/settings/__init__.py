"""What an operator can set: declared once, read from files, environment variables and the command line.

`declaration` has every setting; `kinds` and `tables` what a value or table may be; `reading` the layers;
`toml_text` the guard around the TOML reader; `reference` what is generated from the declaration.
"""

from tornado_ml.settings.declaration import (
    LoggingSettings,
    ModelSettings,
    PluginModel,
    PluginSettings,
    ResumeSettings,
    ServerSettings,
    SessionSettings,
    Settings,
    SocketIOSettings,
    SubscriptionSettings,
)
from tornado_ml.settings.reading import load_settings

__all__ = [
    "LoggingSettings",
    "ModelSettings",
    "PluginModel",
    "PluginSettings",
    "ResumeSettings",
    "ServerSettings",
    "SessionSettings",
    "Settings",
    "SocketIOSettings",
    "SubscriptionSettings",
    "load_settings",
]
