"""Figures: how fast the service is, and how it fares when a model has a bad day. See README.md."""
