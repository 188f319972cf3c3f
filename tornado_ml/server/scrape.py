"""`GET /metrics`: for Prometheus, or whatever else scrapes."""

from __future__ import annotations

from tornado_ml.protocol import routes
from tornado_ml.server.base import DocumentHandler


class MetricsHandler(DocumentHandler):
    """Answers with all metrics, in the format that is asked for."""

    def get(self) -> None:
        self.caller.require("metrics")
        self.query(routes.METRICS)
        text, media_type = self.shared.exposition.written(self.request.headers.get("Accept", ""))
        self.add_header("Vary", "Accept")
        self.write_content(text, media_type)
