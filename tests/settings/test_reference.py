from __future__ import annotations

import dataclasses
import subprocess
import sys

from tornado_ml.resources import default_settings_file
from tornado_ml.settings import ModelSettings, Settings, load_settings
from tornado_ml.settings.reference import default_settings_text, describe
from tornado_ml.settings.toml_text import parse


def test_the_shipped_file_is_what_the_declaration_says() -> None:
    assert default_settings_file().read_text() == default_settings_text(), (
        "settings.toml is stale: python -m tornado_ml.settings > settings.toml"
    )


def test_the_module_prints_the_shipped_file() -> None:
    printed = subprocess.run([sys.executable, "-m", "tornado_ml.settings"], capture_output=True, text=True, check=True)
    assert printed.stdout == default_settings_text()


def test_the_shipped_file_alone_gives_the_declared_defaults() -> None:
    assert load_settings(environ={}) == Settings()


def test_the_shipped_environments_make_no_difference() -> None:
    assert list(parse(default_settings_text())["environments"]) == [
        "ProdConfig",
        "BetaConfig",
        "TestConfig",
        "DevConfig",
    ]
    assert load_settings(environment="ProdConfig", environ={}) == Settings()


def test_what_the_shipped_file_shows_in_comments_can_be_used() -> None:
    text = default_settings_text()
    commented = text[text.index("# [[plugins.models]]") : text.index("# What is kept for a client")]
    assert parse("\n".join(line.removeprefix("# ") for line in commented.splitlines() if line != "#")) == {
        "plugins": {"models": [{"module_name": "iris_model.iris_predict", "class_name": "IrisModel"}]},
        "models": {"NAME": dataclasses.asdict(ModelSettings())},
    }


def test_every_section_and_key_is_described() -> None:
    described = {section.header: [setting.key for setting in section.settings] for section in describe()}
    assert list(described) == [
        "[server]",
        "[auth]",
        "[plugins]",
        "[[plugins.models]]",
        "[models.NAME]",
        "[resume]",
        "[sessions]",
        "[subscriptions]",
        "[socketio]",
        "[logging]",
        "[observer]",
        "[tracing]",
        "[limits_per_connection]",
        "[limits_per_token]",
        "[limits_per_address]",
    ]
    assert described["[plugins]"] == ["directories", "disabled", "strict"]
    assert described["[[plugins.models]]"] == ["module_name", "class_name"]


def test_every_description_is_a_sentence() -> None:
    for section in describe():
        for text in [section.description, *(setting.description for setting in section.settings)]:
            assert text[0].isupper()
            assert text.endswith(".")
            assert "\n" not in text


def test_a_setting_says_its_type_and_default() -> None:
    server, _, _, entry, *_ = describe()
    host, port, reuse_port, _, tls_certificate, *_ = server.settings
    defaults = [one.default for one in (host, port, reuse_port, tls_certificate)]
    assert defaults == ['"127.0.0.1"', "8765", "false", '""']
    assert port.type == "a whole number, 0 to 65535"
    assert (entry.settings[0].default, entry.settings[0].example) == (None, '"iris_model.iris_predict"')
