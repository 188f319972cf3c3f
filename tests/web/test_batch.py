"""Files run row by row, in Chromium."""

from __future__ import annotations

import csv
import json

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

ROW_COUNT = 10_000


def take(page, name: str, text: str) -> None:
    page.get_by_label("File of inputs").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    )


def open_tool(page, service, model: str) -> None:
    page.goto(f"{service.url}/models/{model}/predict")
    page.locator("summary", has_text="Run a file").click()
    expect(page.get_by_label("File of inputs")).to_be_visible()


def downloaded(page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.path().read_text("utf-8")


def test_a_csv_file_is_predicted_row_by_row_with_errors_at_their_rows(service, page):
    open_tool(page, service, "flowers")
    take(page, "field.csv", "Sepal length;petal_length;note\r\n5.1;1.4;=a\r\n7;4.7;b\r\nmany;1;c\r\n11;1;d\r\n")
    expect(page.get_by_label("Where Sepal length goes")).to_have_value("0")
    expect(page.get_by_label("Where note goes")).to_have_value("")
    page.get_by_role("button", name="Predict 4 rows").click()
    expect(page.locator("#file")).to_contain_text("Done: 4 of 4 rows predicted, 2 failed.")
    faults = page.get_by_role("table").get_by_role("row")
    expect(faults.nth(1)).to_contain_text("sepal_length: “many” is not a number.")
    expect(faults.nth(2)).to_contain_text("/sepal_length must be at most 10")
    expect(page.get_by_role("button", name="Download CSV")).to_be_focused()
    rows = list(csv.DictReader(downloaded(page, "Download CSV").splitlines()))
    assert [row["prediction.size"] for row in rows] == ["small", "large", "", ""]
    assert [row["error.code"] for row in rows] == ["", "", "NOT_SENT", "INVALID_INPUT"]
    assert [row["note"] for row in rows] == ["'=a", "b", "c", "d"]
    first, *_ = map(json.loads, downloaded(page, "Download JSON Lines").splitlines())
    assert first["input"] == {"sepal_length": 5.1, "petal_length": 1.4}


def test_columns_are_given_their_places_by_hand(service, page):
    open_tool(page, service, "rounding")
    take(page, "a.csv", "a,b\nx,2.5\n")
    expect(page.locator("#file")).to_contain_text("No column goes anywhere")
    page.get_by_label("Where b goes").select_option("number")
    page.get_by_role("button", name="Predict one row").click()
    expect(page.locator("#file")).to_contain_text("Done: 1 of 1 rows predicted, none failed.")


def test_ten_thousand_rows_leave_the_page_fluent_and_can_be_stopped(service, page):
    open_tool(page, service, "rounding")
    lines = "\n".join(json.dumps({"number": number + 0.5}) for number in range(ROW_COUNT))
    take(page, "many.jsonl", lines)
    page.get_by_role("button", name="Predict 10,000 rows").click()
    page.evaluate(WATCH_FRAMES)
    expect(page.locator("#file progress")).not_to_have_attribute("value", "0")
    longest = [page.evaluate(LONGEST_SINCE)]
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_be_visible()
    longest.append(page.evaluate(LONGEST_SINCE))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#file")).to_contain_text("Stopped: ")
    longest.append(page.evaluate(LONGEST_SINCE))
    assert min(longest) < 500, longest  # the machine has other work, too, but not always
    told = downloaded(page, "Download JSON Lines").splitlines()
    assert len(told) == ROW_COUNT
    assert json.loads(told[0])["prediction"]["whole"] == 0
    assert json.loads(told[-1])["error"]["code"] == "NOT_ASKED"


LONGEST_SINCE = """() => {
  const longest = window.longest;
  window.longest = 0;
  return longest;
}"""
WATCH_FRAMES = """() => {
  let last = performance.now();
  window.longest = 0;
  const watch = (now) => {
    window.longest = Math.max(window.longest, now - last);
    last = now;
    requestAnimationFrame(watch);
  };
  requestAnimationFrame((now) => { last = now; watch(now); });
}"""


KEEP_SOCKETS = """
const Socket = WebSocket;
window.sockets = [];
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    window.sockets.push(this);
  }
};
"""


def test_a_run_goes_on_over_a_lost_connection(service, page):
    page.add_init_script(KEEP_SOCKETS)
    open_tool(page, service, "rounding")
    take(page, "some.csv", "number\n" + "\n".join(str(number) for number in range(3000)))
    page.get_by_role("button", name="Predict 3,000 rows").click()
    expect(page.locator("#file progress")).not_to_have_attribute("value", "0")
    page.evaluate("window.sockets.at(-1).close()")
    expect(page.locator("#file")).to_contain_text("Done: 3000 of 3000 rows predicted, none failed.", timeout=40_000)


def test_what_is_no_file_of_inputs_is_told(service, page):
    open_tool(page, service, "flowers")
    take(page, "empty.csv", "\n")
    expect(page.locator("#file")).to_contain_text("There are no rows in this file.")


def test_a_template_has_the_columns_that_are_matched(service, page):
    open_tool(page, service, "flowers")
    template = downloaded(page, "Download a template")
    assert template.splitlines() == ["sepal_length,sepal_width,petal_length,petal_width", "5.1,3.5,1.4,0.2"]
    take(page, "template.csv", template)
    page.get_by_role("button", name="Predict one row").click()
    expect(page.locator("#file")).to_contain_text("none failed")
