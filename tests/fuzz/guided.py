"""Fuzzes a target by coverage: python guided.py NAME CORPUS [OPTIONS OF LIBFUZZER]"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tornado_ml", "toml", "tomllib", "ipaddress", "urllib.parse", "http.cookies"]):
    from targets import TARGETS


def main() -> None:
    name, corpus, *options = sys.argv[1:]
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds):
        Path(corpus, f"seed{number}").write_bytes(seed)
    atheris.Setup([name, corpus, *options], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
