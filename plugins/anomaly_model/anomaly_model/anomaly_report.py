"""Measures the detector on the shipped series and on made ones: `python -m anomaly_model.anomaly_report`."""

from __future__ import annotations

import csv
import random
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from anomaly_model.anomaly_detector import Detector, Judgement
from anomaly_model.anomaly_schemas import MONTHLY, Parameters
from anomaly_model.anomaly_source import DATA, el_nino_series

THRESHOLDS = (0.95, 0.99, 0.999)
STRONG = 1.5
"""Peak of the index, in °C, from which on an El Niño is called strong."""

SEED = 4
SERIES_COUNT = 20
SERIES_LENGTH = 2_000
SPIKE_EVERY = 97
SPIKE = 5.0
"""In standard deviations of the noise."""


@dataclass(frozen=True)
class Episode:
    """An El Niño or La Niña, as NOAA counts them; the months as in the series."""

    first: str
    last: str
    kind: str
    peak: float

    def alarms(self, months: Iterable[str]) -> list[str]:
        return [month for month in months if self.first <= month <= self.last]


def episodes() -> list[Episode]:
    with (DATA / "episodes.csv").open(encoding="utf-8", newline="") as file:
        return [Episode(row["first"], row["last"], row["kind"], float(row["peak"])) for row in csv.DictReader(file)]


def el_nino_scores() -> dict[str, float]:
    """The score of each month of the shipped series that was expected to be colder than it was."""
    detector = Detector(Parameters(**MONTHLY))
    scores = {}
    for month, temperature in el_nino_series():
        judgement = detector.judge(temperature)
        if judgement.expected is not None:
            scores[month] = judgement.score if temperature > judgement.expected else -judgement.score
    return scores


def series_lines() -> Iterator[str]:
    """What alarms in the shipped series, threshold by threshold."""
    scores = el_nino_scores()
    warm = [episode for episode in episodes() if episode.kind == "El Niño"]
    strong = [episode for episode in warm if episode.peak >= STRONG]
    yield "threshold  alarms  in El Niños  elsewhere  El Niños found  strong ones found"
    for threshold in THRESHOLDS:
        months = [month for month, score in scores.items() if abs(score) >= threshold]
        inside = {month for episode in warm for month in episode.alarms(months)}
        found = [sum(bool(episode.alarms(months)) for episode in some) for some in (warm, strong)]
        yield (
            f"{threshold:<9g}  {len(months):6}  {len(inside):11}  {len(months) - len(inside):9}"
            f"  {found[0]:8} of {len(warm)}  {found[1]:12} of {len(strong)}"
        )


def episode_lines() -> Iterator[str]:
    """When each strong El Niño alarmed, and what alarmed outside of any, at the threshold that is the default."""
    months = [month for month, score in el_nino_scores().items() if abs(score) >= Parameters.threshold]
    warm = [episode for episode in episodes() if episode.kind == "El Niño"]
    for episode in warm:
        alarms = episode.alarms(months)
        if alarms or episode.peak >= STRONG:
            found = f"{len(alarms)} alarms, the first {alarms[0]}" if alarms else "not found"
            yield f"{episode.first} to {episode.last}, {episode.peak:.1f} °C: {found}"
    outside = [month for month in months if not any(episode.alarms([month]) for episode in warm)]
    yield f"outside of any: {', '.join(outside) or 'none'}"


def made_lines() -> Iterator[str]:
    """How often made series alarm where nothing is unusual, and where a spike is."""
    yield "made series              threshold  usual values that alarm  spikes that alarm"
    for name, parameters in (
        ("a season of 24, noise", Parameters(season_length=24)),
        ("a drifting walk", Parameters(learns="change")),
    ):
        judged = [
            (is_spike, judgement.score)
            for seed in range(SERIES_COUNT)
            for is_spike, judgement in judged_series(parameters, seed)
        ]
        usual = [score for is_spike, score in judged if is_spike is False]
        spikes = [score for is_spike, score in judged if is_spike]
        for threshold in THRESHOLDS:
            shares = [sum(score >= threshold for score in some) / len(some) for some in (usual, spikes)]
            yield f"{name:23}  {threshold:<9g}  {shares[0]:23.2%}  {shares[1]:17.1%}"


def judged_series(parameters: Parameters, seed: int) -> Iterator[tuple[bool | None, Judgement]]:
    """The second half of a made series, and whether each value is a spike; None for the value after one.

    A walk comes back after a spike, which is a change as unusual as the spike.
    """
    chance = random.Random(SEED * 1_000 + seed)  # noqa: S311 - a benchmark, no secret
    detector = Detector(parameters)
    level = 0.0
    was_spike = False
    for number in range(SERIES_LENGTH):
        if parameters.learns == "change":
            level += 0.2 + chance.gauss(0, 1)
            value = level
        else:
            value = 10 * abs(number % 24 - 12) / 12 + chance.gauss(0, 1)
        is_spike = number % SPIKE_EVERY == SPIKE_EVERY - 1
        if is_spike:
            value += chance.choice((-SPIKE, SPIKE))
        judgement = detector.judge(value)
        if number >= SERIES_LENGTH // 2:
            yield None if was_spike else is_spike, judgement
        was_spike = is_spike


def cost_lines() -> Iterator[str]:
    """What a value and a session cost."""
    series = [temperature for _, temperature in el_nino_series()]
    for parameters in (Parameters(), Parameters(**MONTHLY), Parameters(season_length=168, harmonics=10)):
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        detector = Detector(parameters)
        for value in series:
            detector.judge(value)
        bytes_kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        times = []
        for value in series:
            start = time.perf_counter()
            detector.judge(value)
            times.append(time.perf_counter() - start)
        yield (
            f"season of {parameters.season_length:g}, {parameters.harmonics} harmonics:"
            f" {sorted(times)[len(times) // 2] * 1e6:.0f} µs a value, {bytes_kept / 1024:.1f} KiB a session"
        )


def main() -> None:
    for lines in (series_lines, episode_lines, made_lines, cost_lines):
        print("\n".join(lines()), end="\n\n")  # noqa: T201


if __name__ == "__main__":
    main()
