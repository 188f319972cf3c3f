"""The live chart in Chromium, with as many values a second as a screen has frames."""

from __future__ import annotations

import math

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

# Keeps the charts that the page makes, and counts how often their data are set.
KEEP_PLOTS = """
window.plots = [];
window.drawn = 0;
let real;
Object.defineProperty(window, "uPlot", {
  get: () => real,
  set: (given) => {
    real = function (...parameters) {
      const plot = new given(...parameters);
      const { setData } = plot;
      plot.setData = (...data) => { window.drawn += 1; return setData(...data); };
      window.plots.push(plot);
      return plot;
    };
  },
});
"""
# What a browser does to a page that is not seen.
WITHHOLD_FRAMES = """() => {
  const give = window.requestAnimationFrame;
  const withheld = [];
  window.requestAnimationFrame = (act) => withheld.push(act);
  window.giveFrames = () => {
    window.requestAnimationFrame = give;
    for (const act of withheld) give.call(window, act);
  };
  // What was asked for before may still be given.
  return new Promise((resolve) => give(() => give(resolve)));
}"""
WAVE = [round(3 * math.sin(number / 20) + math.sin(number / 7), 3) for number in range(20_000)]
MOST_POINTS = 300
MAX_GROWTH_BYTES = 400_000


@pytest.fixture
def wave(service, page):
    page.add_init_script(KEEP_PLOTS)
    page.goto(f"{service.url}/models/wave/predict")
    page.get_by_role("button", name="Start ticking").click()
    return page


def wait_until_point(page, number: int) -> None:
    page.wait_for_function("number => window.plots[0]?.data[0].at(-1) >= number", arg=number)


def held(session) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def test_of_sixty_values_a_second_none_is_missing_and_memory_stays(wave):
    session = wave.context.new_cdp_session(wave)
    session.send("Performance.enable")
    wait_until_point(wave, MOST_POINTS + 10)
    before = held(session)
    wait_until_point(wave, 2 * MOST_POINTS)
    after = held(session)
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] < MAX_GROWTH_BYTES
    assert after["Nodes"] <= before["Nodes"] + 10
    positions, values, *_ = wave.evaluate("window.plots[0].data")
    assert positions == list(range(positions[0], positions[0] + MOST_POINTS))
    begin = next(at for at in range(len(WAVE)) if WAVE[at : at + 3] == values[:3])
    assert values == WAVE[begin : begin + MOST_POINTS]


def test_a_page_that_is_not_seen_draws_nothing_and_shows_the_newest_when_it_is_seen_again(wave):
    wait_until_point(wave, 5)
    wave.evaluate(WITHHOLD_FRAMES)
    drawn = wave.evaluate("window.drawn")
    table = wave.get_by_role("table").inner_text()
    wave.evaluate("new Promise((resolve) => setTimeout(resolve, 600))")  # longer than anything waits to be drawn
    assert wave.evaluate("window.drawn") == drawn
    assert wave.get_by_role("table").inner_text() == table
    wave.evaluate("window.giveFrames()")
    expect(wave.get_by_role("table")).not_to_have_text(table)
    wait_until_point(wave, 30)
