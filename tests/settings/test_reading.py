from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.errors import SettingsError
from tornado_ml.settings import ModelSettings, PluginModel, Settings, load_settings
from tornado_ml.settings.reading import merge

SECTIONS = (
    "auth, limits_per_address, limits_per_connection, limits_per_token, logging, models, observer, plugins, resume,"
    " server, sessions, socketio, subscriptions, tracing"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def faults(
    file: Path | None = None,
    *,
    environment: str | None = None,
    environ: Mapping[str, str] = {},
    overrides: Mapping[str, Any] | None = None,
) -> list[str]:
    """What is refused, a line each, with the folder of `file` left out."""
    with pytest.raises(SettingsError) as refusal:
        load_settings(file=file, environment=environment, environ=environ, overrides=overrides)
    return str(refusal.value).replace(f"{file and file.parent}/", "").splitlines()


def test_without_anything_the_defaults_count() -> None:
    settings = load_settings(environ={"HOME": "/", "PATH": "/bin", "TORNADO_MLX": "1"})
    assert settings == Settings()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8765)
    assert (settings.server.stalled_s, settings.server.ping_interval_s, settings.server.drain_s) == (5, 20, 10)
    assert isinstance(settings.server.stalled_s, float)


def test_no_file_is_picked_up_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.toml").write_text("[server]\nport = 1\n")
    assert load_settings(environ={}).server.port == 8765


def test_an_optional_file_counts_from_the_file_that_names_it_until_a_later_layer_takes_it_away(file: Path) -> None:
    file.write_text('[server]\ntls_certificate = "tls.pem"\n')
    assert load_settings(file=file, environ={}).server.tls_certificate == file.parent / "tls.pem"
    assert load_settings(file=file, environ={"TORNADO_ML_SERVER__TLS_CERTIFICATE": ""}).server.tls_certificate is None


def test_each_layer_wins_over_the_ones_before_it(file: Path) -> None:
    file.write_text("[server]\nport = 1\n[environments.ProdConfig.server]\nport = 2\n")
    variable = {"TORNADO_ML_SERVER__PORT": "3"}
    assert load_settings(file=file, environ={}).server.port == 1
    assert load_settings(file=file, environment="ProdConfig", environ={}).server.port == 2
    assert load_settings(file=file, environment="ProdConfig", environ=variable).server.port == 3
    overrides = {"server": {"port": 4}}
    assert load_settings(file=file, environment="ProdConfig", environ=variable, overrides=overrides).server.port == 4


def test_tables_merge_and_lists_replace(file: Path) -> None:
    file.write_text("""
[server]
host = "::1"
allowed_hosts = ["a", "b"]
[[plugins.models]]
module_name = "one"
class_name = "One"
[models.iris_model]
required = true
[environments.TestConfig.server]
allowed_hosts = ["c"]
[[environments.TestConfig.plugins.models]]
module_name = "two"
class_name = "Two"
[environments.TestConfig.models.other]
""")
    settings = load_settings(file=file, environment="TestConfig", environ={})
    assert settings.server.host == "::1"
    assert settings.server.allowed_hosts == ("c",)
    assert settings.plugins.models == (PluginModel(module_name="two", class_name="Two"),)
    assert settings.models == {"iris_model": ModelSettings(required=True), "other": ModelSettings(required=False)}


def test_a_model_that_no_setting_names_has_the_defaults(file: Path) -> None:
    file.write_text("[models.iris_model]\nrequired = true\n")
    settings = load_settings(file=file, environ={})
    assert settings.model("iris_model").required
    assert settings.model("other") == ModelSettings()


class TestEnvironments:
    def test_the_variable_names_one_and_the_command_line_wins_over_it(self, file: Path) -> None:
        file.write_text("[environments.Mine.server]\nport = 1\n[environments.Yours.server]\nport = 2\n")
        environ = {"APP_SETTINGS": "Mine"}
        assert load_settings(file=file, environ=environ).server.port == 1
        assert load_settings(file=file, environment="Yours", environ=environ).server.port == 2

    def test_an_empty_variable_names_none(self) -> None:
        assert load_settings(environ={"APP_SETTINGS": ""}) == Settings()

    def test_an_unknown_one_is_refused_and_the_known_are_listed(self, file: Path) -> None:
        file.write_text("[environments.Mine]\n")
        known = "known are ProdConfig, BetaConfig, TestConfig, DevConfig"
        assert faults(file, environment="Prod") == [f'--env: there is no environment "Prod"; {known}, Mine']
        assert faults(environ={"APP_SETTINGS": "Mine"}) == [f'APP_SETTINGS: there is no environment "Mine"; {known}']
        assert faults(environment="") == [f'--env: there is no environment ""; {known}']

    def test_those_not_chosen_are_checked_too(self, file: Path) -> None:
        file.write_text("[environments.Mine.server]\nprot = 1\n[environments.Mine.environments.Mine]\n")
        assert faults(file) == [
            "settings.toml: line 2: environments.Mine.server.prot is unknown; did you mean port?",
            f"settings.toml: line 3: environments.Mine.environments is unknown; known are {SECTIONS}",
        ]


class TestVariables:
    @pytest.mark.parametrize(
        ("name", "text", "section", "key", "value"),
        [
            ("SERVER__PORT", "9000", "server", "port", 9000),
            ("server__Port", " 0x10 # hexadecimal", "server", "port", 16),
            ("SERVER__HOST", "0.0.0.0", "server", "host", "0.0.0.0"),
            ("SERVER__HOST", "'ml.example'", "server", "host", "ml.example"),
            ("SERVER__HOST", "::", "server", "host", "::"),
            ("SERVER__ALLOWED_HOSTS", '["a", "b"]', "server", "allowed_hosts", ("a", "b")),
            ("SERVER__DRAIN_S", "0.5", "server", "drain_s", 0.5),
            ("PLUGINS__STRICT", "true", "plugins", "strict", True),
            (
                "PLUGINS__MODELS",
                '[{module_name = "m", class_name = "C"}]',
                "plugins",
                "models",
                (PluginModel(module_name="m", class_name="C"),),
            ),
        ],
    )
    def test_one_is_a_toml_value_or_else_a_string(
        self, name: str, text: str, section: str, key: str, value: object
    ) -> None:
        settings = load_settings(environ={f"TORNADO_ML_{name}": text})
        assert getattr(getattr(settings, section), key) == value

    @pytest.mark.parametrize("model", ["iris_model", "Iris.v2-b", "a__b", "_a_", "x"])
    def test_the_name_of_a_model_stays_as_written(self, model: str) -> None:
        settings = load_settings(environ={f"TORNADO_ML_MODELS__{model}__REQUIRED": "true"})
        assert settings.models == {model: ModelSettings(required=True)}

    @pytest.mark.parametrize(
        "name",
        ["", "SETTINGS", "SERVER", "SERVER__", "__PORT", "MODELS__REQUIRED", "MODELS____REQUIRED", "MODELS__a__"],
    )
    def test_one_that_names_no_setting_is_refused(self, name: str) -> None:
        assert faults(environ={f"TORNADO_ML_{name}": "{port = 1}"}) == [
            f"TORNADO_ML_{name}: names no setting; it must be TORNADO_ML_SECTION__KEY or TORNADO_ML_MODELS__NAME__KEY"
        ]

    @pytest.mark.parametrize(
        ("name", "text", "fault"),
        [
            ("SERVER__PROT", "1", "server.prot is unknown; did you mean port?"),
            ("SEVER__PORT", "1", "sever is unknown; did you mean server?"),
            ("SERVER__PORT__X", "1", "server.port__x is unknown; did you mean port?"),
            ("ENVIRONMENTS__MINE", "1", f"environments is unknown; known are {SECTIONS}"),
            ("SERVER__PORT", "", 'server.port must be a whole number, 0 to 65535, got the string ""'),
            ("PLUGINS__STRICT", "True", 'plugins.strict must be true or false, got the string "True"'),
            (
                "SERVER__PORT",
                "1\nother = 2",
                r'server.port must be a whole number, 0 to 65535, got the string "1\nother = 2"',
            ),
            (
                "MODELS__a.b__REQUIRED",
                "[" * 5000,
                f'models."a.b".required must be true or false, got the string "{"[" * 80}…"',
            ),
        ],
    )
    def test_a_wrong_one_is_refused(self, name: str, text: str, fault: str) -> None:
        assert faults(environ={f"TORNADO_ML_{name}": text}) == [f"TORNADO_ML_{name}: {fault}"]

    def test_a_value_that_the_toml_package_misreads_is_refused(self) -> None:
        [fault] = faults(environ={"TORNADO_ML_PLUGINS__DISABLED": '["[", "]", ","]'})
        assert fault.startswith("TORNADO_ML_PLUGINS__DISABLED: line 1: valid TOML, but the `toml` package misreads it")

    def test_two_for_one_setting_are_refused(self) -> None:
        assert faults(environ={"TORNADO_ML_SERVER__PORT": "1", "TORNADO_ML_server__port": "1"}) == [
            "TORNADO_ML_server__port: is the same setting as TORNADO_ML_SERVER__PORT"
        ]


class TestPaths:
    def test_relative_ones_count_from_the_file_that_names_them(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir("/")
        monkeypatch.setenv("HOME", "/home/ann")
        file.write_text("""
[plugins]
directories = ["plugins", "../more", "/absolute", "~/mine"]
[environments.Mine.plugins]
directories = ["mine"]
""")
        parent = file.parent
        assert load_settings(file=file, environ={}).plugins.directories == (
            parent / "plugins",
            parent / "../more",
            Path("/absolute"),
            Path("/home/ann/mine"),
        )
        assert load_settings(file=file, environment="Mine", environ={}).plugins.directories == (parent / "mine",)

    def test_all_are_absolute_even_if_the_file_is_named_by_a_relative_path(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(file.parent)
        file.write_text('[plugins]\ndirectories = ["plugins"]\n')
        settings = load_settings(file=Path(file.name), environ={})
        assert settings.plugins.directories == (file.parent / "plugins",)

    def test_those_of_variables_and_command_line_count_from_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        variable = {"TORNADO_ML_PLUGINS__DIRECTORIES": '["a"]'}
        assert load_settings(environ=variable).plugins.directories == (tmp_path / "a",)
        overrides = {"plugins": {"directories": ("b",)}}
        assert load_settings(environ=variable, overrides=overrides).plugins.directories == (tmp_path / "b",)


class TestRefusals:
    def test_every_fault_of_every_layer_is_named_in_the_order_of_the_file(self, file: Path) -> None:
        file.write_text("""\
port = 1
[server]
prot = 1
port = "9000"
allowed_hosts = [
    "a",
    "http://b",
]
[plugins]
disabled = "iris"
[[plugins.models]]
module_name = "a"
[models."a.b"]
required = 1
[models]
x = 1
""")
        environ = {"TORNADO_ML_SERVER__PORT": "70000", "APP_SETTINGS": "X"}
        assert faults(file, environ=environ, overrides={"server": {"host": None}}) == [
            f"settings.toml: line 1: port is unknown; known are {SECTIONS.replace('auth,', 'auth, environments,')}",
            "settings.toml: line 3: server.prot is unknown; did you mean port?",
            'settings.toml: line 4: server.port must be a whole number, 0 to 65535, got the string "9000"',
            "settings.toml: line 5: server.allowed_hosts[1] must be a host name or an IP address, without scheme and"
            ' port, got the string "http://b"',
            'settings.toml: line 10: plugins.disabled must be a list of plugin names, got the string "iris"',
            "settings.toml: line 11: plugins.models[0].class_name is missing; it must be a string that is not empty",
            'settings.toml: line 14: models."a.b".required must be true or false, got the number 1',
            "settings.toml: line 16: models.x must be a table, got the number 1",
            'APP_SETTINGS: there is no environment "X"; known are ProdConfig, BetaConfig, TestConfig, DevConfig',
            "TORNADO_ML_SERVER__PORT: server.port must be a whole number, 0 to 65535, got the number 70000",
            "command line: server.host must be a host name or an IP address, without scheme and port, got None",
        ]

    @pytest.mark.parametrize("section", ["server", "models", "environments"])
    def test_a_section_that_is_no_table_is_refused(self, file: Path, section: str) -> None:
        file.write_text(f"{section} = 5\n")
        [fault] = faults(file)
        assert fault.startswith(f"settings.toml: line 1: {section} must be a table")

    def test_bad_toml_is_refused_with_line_and_column(self, file: Path) -> None:
        file.write_text("[server]\nhost = localhost\n")
        assert faults(file) == ["settings.toml: not valid TOML: Invalid value (at line 2, column 8)"]

    def test_bytes_that_are_not_utf_8_are_refused_with_their_line(self, file: Path) -> None:
        file.write_bytes(b'[server]\nhost = "caf\xe9"\n')
        assert faults(file) == ["settings.toml: line 2: not UTF-8"]

    def test_a_byte_order_mark_is_refused(self, file: Path) -> None:
        file.write_text("[server]\n", encoding="utf-8-sig")
        assert faults(file) == ["settings.toml: line 1: it starts with a byte-order mark; save it as UTF-8 without one"]

    def test_a_file_that_is_missing_or_a_directory_is_refused(self, file: Path) -> None:
        assert faults(file) == ["settings.toml: cannot be read: No such file or directory"]
        file.mkdir()
        assert faults(file) == ["settings.toml: cannot be read: Is a directory"]


_LAYERS = st.lists(
    st.dictionaries(
        st.sampled_from(["server", "plugins"]),
        st.dictionaries(st.sampled_from(["port", "host", "strict"]), st.integers() | st.lists(st.integers())),
    )
)


@given(_LAYERS)
def test_every_key_has_the_value_of_the_last_layer_that_has_it(layers: list[dict[str, dict[str, Any]]]) -> None:
    nothing: dict[str, Any] = {}
    expected: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for section, table in layer.items():
            expected.setdefault(section, {}).update(table)
    assert reduce(merge, layers, nothing) == expected
