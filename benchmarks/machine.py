"""What the figures depend on: when, on which machine and with which versions they were taken."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "tornado-ml",
    "tornado",
    "orjson",
    "jsonschema-rs",
    "marshmallow",
    "numpy",
    "onnxruntime",
    "scikit-learn",
    "fastapi",
    "uvicorn",
)


def describe() -> dict[str, str]:
    """Each fact by its name, in the order to tell them."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.2f} (mean number of processes that wanted a core in the minute before)",
        "versions": ", ".join([f"Python {platform.python_version()}", *_versions()]),
    }


def _versions() -> list[str]:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
