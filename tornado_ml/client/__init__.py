"""The Python client: one conversation, whatever becomes of its connection."""

from tornado_ml.client.answers import PredictionStream
from tornado_ml.client.asyncio_client import Client, Session, predict
from tornado_ml.client.errors import ConnectionLost, LoginFailed, PredictionError, SessionClosed

__all__ = [
    "Client",
    "ConnectionLost",
    "LoginFailed",
    "PredictionError",
    "PredictionStream",
    "Session",
    "SessionClosed",
    "predict",
]
