from pathlib import Path

import pytest

pytest.importorskip("river", reason="needs river: pip install anomaly-model")

from anomaly_model import anomaly_report
from anomaly_model.anomaly_report import cost_lines, el_nino_scores, episode_lines, made_lines, series_lines
from anomaly_model.anomaly_schemas import Parameters

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_readme_says_what_is_found_in_the_series() -> None:
    assert "\n".join([*series_lines(), "", *episode_lines()]) in README


def test_no_month_alarms_that_is_colder_than_expected() -> None:
    assert min(el_nino_scores().values()) > -Parameters.threshold


def test_the_readme_says_what_is_found_in_made_series() -> None:
    assert "\n".join(made_lines()) in README


def test_the_readme_says_of_which_sessions_the_cost_was_measured() -> None:
    for line in cost_lines():
        what, cost = line.split(":")
        assert what in README
        assert float(cost.split(",")[1].split()[0]) == pytest.approx(12, abs=12)  # KiB


def test_the_report_prints_it_all(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anomaly_report, "SERIES_COUNT", 1)
    anomaly_report.main()
    assert len(capsys.readouterr().out.strip().split("\n\n")) == 4
