"""What a service counts of itself: `declarations` says what there is, `metrics` counts, `exposition` writes it down.

Nothing here knows what is counted: whoever does it is given the service's one `Metrics`.
"""

from tornado_ml.metrics.declarations import Metric
from tornado_ml.metrics.metrics import Distribution, Metrics, Sample

__all__ = ["Distribution", "Metric", "Metrics", "Sample"]
