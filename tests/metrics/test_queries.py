"""The dashboard and the alerts ask for what there is: each query is parsed, and held to what `/metrics` has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tornado_ml.metrics import Metrics
from tornado_ml.metrics.declarations import METRICS
from tornado_ml.metrics.exposition import Exposition
from tornado_ml.models.manager import ModelState
from tornado_ml.plugins.finding import PluginState
from tornado_ml.protocol.catalogue import error_classes
from tornado_ml.protocol.events import CLOSE_CODES

DEPLOY = Path(__file__).parents[2] / "deploy"
OF_THE_SCRAPER = {"job", "instance"}
"""Labels that Prometheus gives to all that it scrapes."""
DURATIONS = {"$__rate_interval": "5m"}


@cache
def exposed() -> Mapping[str, frozenset[str]]:
    """The labels of each sample that `/metrics` may have, and of `up`, which Prometheus makes."""
    metrics = Metrics()
    for metric in METRICS:
        labels = ["x"] * len(metric.labels)
        if metric.kind == "histogram":
            metrics.distribution(metric, *labels).observe(1)
        elif metric.kind == "counter":
            metrics.count(metric, *labels)
        else:
            metrics.read_by(lambda metric=metric, labels=labels: [(metric, tuple(labels), 1)])
    text = Exposition().written(metrics.snapshot(), "")[0].decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {"up": frozenset(), **{sample.name: frozenset(sample.labels) for sample in samples}}


def values_of_labels() -> set[str]:
    """What labels may say: the words of the declarations, codes and states."""
    words = {word for metric in METRICS for word in re.findall(r"\w+", metric.help)}
    codes = {error.code for error in error_classes()} | {str(close.code) for close in CLOSE_CODES}
    return {*words, *codes, *map(str, ModelState), *map(str, PluginState), ""}


def dashboard() -> Any:
    return json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))


def rules() -> list[Any]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> Iterator[Any]:
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for annotation in dashboard()["annotations"]["list"]:
        yield pytest.param(annotation["expr"], id=annotation["name"])
    for rule in rules():
        yield pytest.param(rule["expr"], id=rule["alert"])


def parts(query: str) -> list[Any]:
    """Every expression in a query; Grafana's durations stand for some."""
    for name, duration in DURATIONS.items():
        query = query.replace(name, duration)
    found: list[Any] = []
    promql.walk(promql.parse(query), lambda expression: found.append(expression))
    return found


def selectors(query: str) -> list[Any]:
    return [one for one in parts(query) if isinstance(one, promql.VectorSelector)]


@pytest.mark.parametrize("query", list(queries()))
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: str) -> None:
    found = selectors(query)
    assert found
    for selector in found:
        assert selector.name in exposed()
        for matcher in selector.matchers.matchers:
            assert matcher.name in exposed()[selector.name] | OF_THE_SCRAPER, selector.name
            if matcher.name not in OF_THE_SCRAPER and not matcher.value.startswith("$"):
                assert set(matcher.value.split("|")) <= values_of_labels()


@pytest.mark.parametrize("query", list(queries()))
def test_a_query_groups_by_labels_that_there_are(query: str) -> None:
    known = OF_THE_SCRAPER.union(*(exposed()[selector.name] for selector in selectors(query)))
    for part in parts(query):
        modifier = getattr(part, "modifier", None)
        labels = getattr(modifier, "labels", None) or getattr(getattr(modifier, "matching", None), "labels", [])
        assert set(labels) <= known
        if isinstance(part, promql.Call) and part.func.name == "histogram_quantile":
            assert "le" in part.args[1].modifier.labels


@pytest.mark.parametrize("query", list(queries()))
def test_what_only_grows_is_asked_for_its_rate(query: str) -> None:
    ranges = [one.vector_selector.name for one in parts(query) if isinstance(one, promql.MatrixSelector)]
    for selector in selectors(query):
        if selector.name.endswith(("_total", "_bucket", "_sum", "_count")):
            assert selector.name in ranges


def test_legends_and_summaries_name_labels_that_there_are() -> None:
    known = OF_THE_SCRAPER.union(*exposed().values())
    texts = [target["legendFormat"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]
    texts += [rule["annotations"]["summary"] for rule in rules()]
    named = {name for text in texts for name in re.findall(r"\{\{ ?(?:\$labels\.)?(\w+)", text)}
    assert named <= known
    assert {"model", "instance"} <= named


def test_the_variables_of_the_dashboard_are_values_of_labels_that_there_are() -> None:
    variables = {one["name"]: one for one in dashboard()["templating"]["list"]}
    asked = re.findall(r"\$\{?(\w+)", json.dumps(dashboard(), ensure_ascii=False))
    assert set(asked) - {"__all", "__rate_interval"} == set(variables)
    for name in ("job", "instance", "model"):
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", variables[name]["query"]["query"])
        assert match is not None
        (selector,) = selectors(match[1])
        assert match[2] in exposed()[selector.name] | OF_THE_SCRAPER


def test_each_metric_of_the_service_is_on_the_dashboard_but_those_that_say_what_may_be() -> None:
    shown = {selector.name for query in queries() for selector in selectors(query.values[0])}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    asked_by_variables = {"tornado_ml_build_info"}
    assert {metric.name for metric in METRICS} - shown - asked_by_variables == {
        "tornado_ml_open_requests",
        "tornado_ml_connections_opened_total",
    }


def test_no_two_panels_lie_upon_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in dashboard()["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="NOT RUN: install Prometheus, which brings promtool"
)


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_prometheus_itself_takes_the_alerts() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", DEPLOY / "alerts.yml")


@needs_promtool
def test_alerts_are_raised_on_bad_days_and_for_nothing_else() -> None:
    promtool("test", "rules", Path(__file__).with_name("alerts_test.yml"))


@needs_promtool
def test_prometheus_finds_nothing_wrong_with_what_it_would_scrape() -> None:
    text = Exposition().written(Metrics().snapshot(), "")[0]
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False, timeout=60)
    assert [line for line in checked.stderr.decode().splitlines() if line.startswith("tornado_ml")] == []
