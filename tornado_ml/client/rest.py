"""What is asked of a service over REST."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.client.addresses import DEFAULT_PAGE_URL, page_url
from tornado_ml.client.errors import ConnectionLost, PredictionError
from tornado_ml.client.login import login_headers
from tornado_ml.codecs.json import decode_json
from tornado_ml.errors import BadFrame

MAX_DEPTH = 1000
RELOAD_TIMEOUT_S = 600.0


def model_names(url: str = DEFAULT_PAGE_URL, *, token: str | None = None) -> list[str]:
    """The names of the models of the service at `url`.

    Raises:
        PredictionError: it asks for a token, and does not know this one.
        ConnectionLost: nobody answers there, or not as this service does.
        ValueError: `url` is no address.
    """
    return [model["qualified_name"] for model in _ask(url, "/api/models", "GET", token)["models"]]


def reload(model: str, url: str = DEFAULT_PAGE_URL, *, token: str | None = None) -> Any:
    """Load a model anew; gives its entry as `GET /api/models` has it.

    Raises:
        PredictionError: it could not be loaded and goes on as it was, or there is none of that name, or who has this
            token may not.
        ConnectionLost: nobody answers at `url`, or not as this service does.
        ValueError: `url` is no address.
    """
    return _ask(url, _path(model, "reload"), "POST", token)


def load(model: str, url: str = DEFAULT_PAGE_URL, *, token: str | None = None) -> Any:
    """Load a model that was unloaded, or has failed; gives and raises what `reload` does."""
    return _ask(url, _path(model, "load"), "POST", token)


def unload(model: str, url: str = DEFAULT_PAGE_URL, *, token: str | None = None) -> Any:
    """Unload a model; gives its last entry, and raises what `reload` does."""
    return _ask(url, _path(model, "unload"), "POST", token)


def _path(model: str, act: str) -> str:
    return f"/api/models/{quote(model, safe='')}/{act}"


def _ask(url: str, path: str, method: str, token: str | None) -> Any:
    address = page_url(url) + path
    headers = login_headers(token)

    async def ask() -> HTTPResponse:
        body = b"" if method == "POST" else None
        return await AsyncHTTPClient().fetch(
            address,
            method=method,
            body=body,
            headers=headers,
            follow_redirects=not headers,  # where it might be sent on to is not who the token is for
            raise_error=False,
            request_timeout=RELOAD_TIMEOUT_S,
        )

    try:
        response = asyncio.run(ask())
        document = decode_json(response.body, MAX_DEPTH)
        if not isinstance(document, dict):
            raise BadFrame
    except Exception as error:
        raise ConnectionLost(f"Cannot ask {address}: {error}") from error
    if response.code != 200:
        raise PredictionError(document)
    return document
