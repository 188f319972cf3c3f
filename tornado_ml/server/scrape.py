"""`GET /metrics`: for Prometheus, or whatever else scrapes."""

from __future__ import annotations

import asyncio

from tornado_ml.protocol import routes
from tornado_ml.server.base import DocumentHandler


class MetricsHandler(DocumentHandler):
    """Answers with all metrics, in the format that is asked for."""

    is_charged = False  # what watches must see a service also when somebody asks too much of it

    async def get(self) -> None:
        self.caller.require("metrics")
        self.query(routes.METRICS)
        snapshot = self.shared.backend.metrics.snapshot()
        accept = self.request.headers.get("Accept", "")
        text, media_type = await asyncio.to_thread(self.shared.exposition.written, snapshot, accept)
        self.add_header("Vary", "Accept")
        self.write_content(text, media_type)
