"""Who looks on at predictions: for logging, drift, audit. Off the way of requests, and never a reason to wait.

`base` is what plugins see; `delivery` brings records to one observer, `observers` to all of a service; `journal` is the
observer that comes with the service, `entries` what it writes, and `reading` and `comparing` what replays it.
"""

from tornado_ml.observers.base import Observer, Record

__all__ = ["Observer", "Record"]
