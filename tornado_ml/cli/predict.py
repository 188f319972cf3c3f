"""`tornado-ml predict`: the original's client script, grown up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click

from tornado_ml import client
from tornado_ml.client.asyncio_client import DEFAULT_URL


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("model")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE ... | -]")
@click.option("--json", "text", metavar="JSON", help="The input as JSON.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with the input as JSON."
)
@click.option("--url", default=DEFAULT_URL, show_default=True, help="Where the service is.")
@click.option("--model-version", metavar="V", help="1 or 1.2; without it, the newest that is ready.")
def predict(
    model: str, values: tuple[str, ...], text: str | None, file: Path | None, url: str, model_version: str | None
) -> None:
    r"""Ask a running service for a prediction, and print it.

    The input is given as KEY=VALUE pairs (each VALUE is read as JSON, or else as a string), with --json, with --file,
    or on standard input with -.

    \b
        tornado-ml predict iris_model sepal_length=5.1 sepal_width=3.5 petal_length=1.4 petal_width=0.2
    """
    input_data = _input(values, text, file)
    try:
        answer = client.predict(_socket_url(url), model, input_data, model_version=model_version)
    except client.PredictionError as error:
        click.echo(f"Prediction error: {json.dumps(error.data, ensure_ascii=False)}", err=True)
        raise SystemExit(1) from error
    except client.ConnectionLost as error:
        raise click.ClickException(f"{error}\nIs the service running? Start it with: tornado-ml serve") from error
    click.echo(f"Prediction response: {json.dumps(answer, ensure_ascii=False)}")


def _input(values: tuple[str, ...], text: str | None, file: Path | None) -> Any:
    if sum([bool(values), text is not None, file is not None]) != 1:
        raise click.UsageError("Give the input in one way: as KEY=VALUE pairs, with --json, with --file, or as - .")
    if text is not None:
        return _parse(text, "--json")
    if file is not None:
        return _parse(file.read_bytes(), str(file))
    if values == ("-",):
        return _parse(click.get_binary_stream("stdin").read(), "standard input")
    return dict(map(_pair, values))


def _pair(value: str) -> tuple[str, Any]:
    key, equals, text = value.partition("=")
    if not equals or not key:
        raise click.UsageError(f"{value!r} is no KEY=VALUE pair.")
    try:
        return key, json.loads(text)
    except json.JSONDecodeError:
        return key, text


def _parse(text: str | bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.ClickException(f"{where} is not JSON: {error}.") from error


def _socket_url(url: str) -> str:
    """Take the address of the page for that of its socket."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in {"ws", "wss"} or not parts.netloc:
        raise click.UsageError(f"--url must look like {DEFAULT_URL}, not {url!r}.")
    return urlunsplit((scheme, parts.netloc, parts.path if parts.path.strip("/") else "/ws", parts.query, ""))
