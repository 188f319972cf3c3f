"""Ask a database on the net whether a vulnerability is known of what is installed here, but for our own packages.

Whatever cannot be asked about is a failure: an audit that has looked at nothing finds nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from tempfile import TemporaryDirectory


def is_ours(distribution: Distribution) -> bool:
    """Whether it is installed from a folder, and so in no database."""
    origin = distribution.read_text("direct_url.json")
    return origin is not None and "dir_info" in json.loads(origin)


def main() -> int:
    pinned = sorted(f"{one.name}=={one.version}" for one in distributions() if not is_ours(one))
    with TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("\n".join(pinned), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--strict",
            "--no-deps",
            "--disable-pip",
            "--requirement",
            str(file),
        ]
        return subprocess.run([*command, *sys.argv[1:]], check=False).returncode  # noqa: S603 - our own command line


if __name__ == "__main__":
    sys.exit(main())
