"""The Tornado service."""
