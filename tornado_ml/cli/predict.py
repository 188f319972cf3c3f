"""`tornado-ml predict`: the original's client script, grown up."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, BinaryIO, NoReturn

import click

from tornado_ml import client
from tornado_ml.cli.identity import token_option
from tornado_ml.cli.options import failures_told, socket_url_option
from tornado_ml.protocol.payloads import Document


@click.command()
@click.argument("model")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE ... | -]")
@click.option("--json", "text", metavar="JSON", help="The input as JSON.")
@click.option("--file", type=click.File("rb"), metavar="FILE", help="A file with the input as JSON.")
@socket_url_option
@token_option
@click.option("--model-version", metavar="V", help="1 or 1.2; without it, the newest that is ready.")
@click.option("--stream", is_flag=True, help="Print partial predictions too, as they come.")
def predict(
    model: str,
    values: tuple[str, ...],
    text: str | None,
    file: BinaryIO | None,
    url: str,
    token: str | None,
    model_version: str | None,
    stream: bool,
) -> None:
    """Ask a running service for a prediction, and print it.

    The input is given as KEY=VALUE pairs (each VALUE is read as JSON, or else as a string), with --json, with --file,
    or on standard input with -.

    \b
        tornado-ml predict iris_model sepal_length=5.1 sepal_width=3.5 petal_length=1.4 petal_width=0.2
    """  # noqa: D301 - click's own mark
    input_data = _input(values, text, file)
    with failures_told():
        if stream:
            answer = asyncio.run(_stream(url, token, model, input_data, model_version))
        else:
            answer = client.predict(url, model, input_data, model_version=model_version, token=token)
    click.echo(f"Prediction response: {json.dumps(answer, ensure_ascii=False)}")


async def _stream(url: str, token: str | None, model: str, input_data: Any, model_version: str | None) -> Document:
    """The answer, after each piece of it has been printed."""
    async with await client.Client.connect(url, reconnect_s=0, token=token) as service:
        stream = service.stream(model, input_data, model_version=model_version)
        async for piece in stream:
            click.echo(f"Prediction partial: {json.dumps(piece, ensure_ascii=False)}")
        return await stream.result()


def _input(values: tuple[str, ...], text: str | None, file: BinaryIO | None) -> Any:
    if [bool(values), text is not None, file is not None].count(True) != 1:
        raise click.UsageError("Give the input in one way: as KEY=VALUE pairs, with --json, with --file, or as - .")
    if text is not None:
        return _parse(text, "--json")
    if file is not None:
        return _parse(file.read(), "--file")
    if values == ("-",):
        return _parse(sys.stdin.buffer.read(), "Standard input")
    return _object(values)


def _object(pairs: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{pair!r} is no KEY=VALUE pair.")
        if key in found:
            raise click.UsageError(f"{key} is given twice.")
        try:
            found[key] = _read(text)
        except ValueError:
            found[key] = text
    return found


def _parse(text: str | bytes, where: str) -> Any:
    try:
        return _read(text)
    except ValueError as error:
        raise click.UsageError(f"{where} is not JSON: {error}.") from error


def _read(text: str | bytes) -> Any:
    """Raises ValueError if `text` is not JSON; Python would take NaN and Infinity too."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")
