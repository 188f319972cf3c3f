"""Predictions that nobody asked for one by one: sources are run, and what comes of them goes to all subscribers.

Given what predicts; knows neither how, nor how subscribers are told.
"""

from tornado_ml.feeds.feed import Predictor
from tornado_ml.feeds.feeds import Feeds
from tornado_ml.feeds.subscription import Subscriber, Subscription, Value

__all__ = ["Feeds", "Predictor", "Subscriber", "Subscription", "Value"]
