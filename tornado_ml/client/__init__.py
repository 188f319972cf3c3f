"""The Python client: one socket, many requests."""

from tornado_ml.client.asyncio_client import Client, ConnectionLost, PredictionError, predict

__all__ = ["Client", "ConnectionLost", "PredictionError", "predict"]
