"""What tox.ini cannot say: how pyenv's Pythons are found.

A shim of pyenv runs a Python only when PYENV_VERSION or a `.python-version` names its exact version. A committed
`.python-version` would break the clone of everyone with other patch versions, so the installed ones are named here.
"""

import os
import re
from pathlib import Path

from tox.plugin import impl


@impl
def tox_add_core_config() -> None:
    """Tox calls this before it looks for any Python."""
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    if "PYENV_VERSION" in os.environ or not versions.is_dir():
        return
    released = [found.name for found in versions.iterdir() if re.fullmatch(r"3\.\d+\.\d+", found.name)]
    newest_first = sorted(released, key=lambda version: [int(part) for part in version.split(".")], reverse=True)
    os.environ["PYENV_VERSION"] = ":".join(newest_first)
