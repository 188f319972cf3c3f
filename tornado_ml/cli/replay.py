"""`tornado-ml replay`: whether a model still answers as it did."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import quantiles
from typing import Any

import click

from tornado_ml.cli.identity import token_option
from tornado_ml.cli.options import socket_url_option, unreachable
from tornado_ml.cli.replaying import Plan, Refused, Tally
from tornado_ml.cli.replaying import replay as replay_records
from tornado_ml.client import Client, ConnectionLost
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.observers.base import Record
from tornado_ml.observers.reading import JournalReader
from tornado_ml.protocol.payloads import Document

DIFFERENT = 1
COULD_NOT = 2
SHOWN_PLACES = 20
MAX_SHOWN = 80


class CouldNot(click.ClickException):
    exit_code = COULD_NOT


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", metavar="MODEL", help="Ask again only what this model was asked.")
@click.option(
    "--against",
    nargs=2,
    metavar="MODEL VERSION",
    help="Ask this model; without --model, what it was asked itself. Default: the model and version that answered.",
)
@socket_url_option
@token_option
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="T",
    help="How far numbers may be apart, absolutely or in proportion. Default: not at all.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    metavar="N",
    help="How many to ask at the same time.",
)
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Whether the report is for people or for programs.",
)
def replay(
    file: Path,
    model: str | None,
    against: tuple[str, str] | None,
    url: str,
    token: str | None,
    tolerance: float,
    concurrency: int,
    output: str,
) -> None:
    """Ask a running service again what FILE has, and compare.

    FILE is the journal that a service writes (observer.file); its rotated files are read first. Exits with 0 if all is
    answered as it was, with 1 if not, and with 2 if it could not be found out.

    \b
        tornado-ml replay journal.jsonl --against iris_model 2.0 --tolerance 1e-6
    """  # noqa: D301 - click's own mark
    reader = JournalReader(file)
    if not reader.files:
        raise CouldNot(f"There is no file {file}.")
    plan = Plan(model or (against[0] if against else None), against, tolerance, concurrency)
    tally = Tally()
    try:
        asyncio.run(_replay(url, token, reader, plan, tally))
    except ConnectionLost as error:
        raise CouldNot(unreachable(error).message) from error
    except (Refused, OSError) as error:
        raise CouldNot(str(error)) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    report = _report(tally, reader)
    click.echo(json.dumps(report, ensure_ascii=False, indent=2) if output == "json" else _text(report))
    if not tally.count:
        whose = f" of {plan.model}" if plan.model else ""
        hint = " Name the model whose requests it has with --model." if against and not model else ""
        raise CouldNot(f"{file} has nothing{whose} that could be asked again.{hint}")
    if tally.different_count:
        raise SystemExit(DIFFERENT)


async def _replay(url: str, token: str | None, reader: JournalReader, plan: Plan, tally: Tally) -> None:
    # MessagePack, for in JSON byte strings would be text.
    async with await Client.connect(url, token=token, codec=MessagePackCodec()) as client:
        await replay_records(client, _with_progress(reader), plan, tally)


def _with_progress(reader: JournalReader) -> Iterator[Record]:
    is_watched = sys.stderr.isatty()
    bar = click.progressbar(length=reader.total_bytes, label="Replaying", file=sys.stderr) if is_watched else None
    with bar or nullcontext():
        shown_bytes = 0
        for record in reader:
            if bar is not None:
                bar.update(reader.read_bytes - shown_bytes)
                shown_bytes = reader.read_bytes
            yield record


def _report(tally: Tally, reader: JournalReader) -> Document:
    """What came of it, as the document that `--output json` prints."""
    places = sorted(tally.places.items(), key=lambda item: -item[1].count)
    return {
        "replayed": tally.count,
        "same": tally.same_count,
        "different": tally.different_count,
        "left_out": dict(tally.left_out),
        "unreadable": reader.unreadable,
        "differences": [
            {
                "path": path,
                "count": place.count,
                "examples": [
                    {"request_id": id, "before": _shown(before), "after": _shown(after)}
                    for id, before, after in place.examples
                ],
            }
            for path, place in places
        ],
        "latency_ms": {"predict": _latency(tally.predict_s), "total": _latency(tally.total_s)},
    }


def _latency(pairs: list[tuple[float, float]]) -> Document:
    return {
        name: _percentiles([1000 * pair[place] for pair in pairs]) for place, name in enumerate(("before", "after"))
    }


def _percentiles(values: list[float]) -> Document:
    if len(values) < 2:  # statistics takes no fewer
        values = values * 2
    cuts = quantiles(values, n=100, method="inclusive") if values else []
    return {f"p{number}": round(cuts[number - 1], 3) for number in (50, 95, 99)} if cuts else {}


def _text(report: Document) -> str:
    lines = [f"{report['replayed']} asked again: {report['same']} the same, {report['different']} different."]
    lines += [f"Left out: {count} {why}." for why, count in report["left_out"].items()]
    lines += [f"Not readable: {line}." for line in report["unreadable"]]
    for place in report["differences"][:SHOWN_PLACES]:
        lines.append(f"{place['path'] or '(the whole)'}: {place['count']} times")
        lines += [f"  {one['request_id']}: {one['before']} -> {one['after']}" for one in place["examples"]]
    more = len(report["differences"]) - SHOWN_PLACES
    if more > 0:
        lines.append(f"… and {more} more places.")
    for name, times in report["latency_ms"].items():
        if times["before"]:
            both = (f"{at} {times['before'][at]:g} -> {times['after'][at]:g}" for at in times["before"])
            lines.append(f"{name} in ms, before -> now: {', '.join(both)}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """A value in an example, in few characters."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except TypeError:
        text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
