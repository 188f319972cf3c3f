"""Where the files are that travel with the service: the page and the default settings.

A wheel carries them inside the package; in a checkout, and so in an editable install, they stand beside it.
Not `importlib.resources`: what it gives for `web/` is no path that a static file handler could serve from.
"""

from __future__ import annotations

from pathlib import Path

from tornado_ml.errors import OperatorError

_PACKAGE = Path(__file__).resolve().parent


def web_directory() -> Path:
    """The folder that holds `index.html`.

    Raises:
        OperatorError: this installation has none.
    """
    return _find("web")


def default_settings_file() -> Path:
    """The shipped `settings.toml`.

    Raises:
        OperatorError: this installation has none.
    """
    return _find("settings.toml")


def _find(name: str) -> Path:
    candidates = (_PACKAGE / name, _PACKAGE.parent / name)
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise OperatorError(
        f"The installation of tornado-ml is incomplete: neither {candidates[0]} nor {candidates[1]} exists."
        " Install it again."
    )
