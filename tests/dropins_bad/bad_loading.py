"""Models with a bad day while they are loaded."""

import os
import sys
import time
from pathlib import Path
from typing import Any

from tornado_ml import MLModel, hookimpl


class NeverLoads(MLModel):
    qualified_name = "never_loads"
    display_name = description = "Its construction never returns."
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def __init__(self) -> None:
        while True:
            time.sleep(60)

    def predict(self, data: Any) -> Any:
        return data


class DiesLoading(NeverLoads):
    qualified_name = "dies_loading"
    display_name = description = "Ends its process when it is constructed."

    def __init__(self) -> None:
        sys.stdout.write("about to die\n")
        os._exit(7)


class LoadsOnce(NeverLoads):
    qualified_name = "loads_once"
    display_name = description = "Ends its process when it is constructed again, and when it is asked to predict."

    def __init__(self) -> None:
        mark = Path(os.environ["BAD_LOADING_MARKS"], self.qualified_name)
        if mark.exists():
            os._exit(7)
        mark.touch()

    def predict(self, data: Any) -> Any:
        os._exit(8)


class LoadsAtTheThirdAttempt(NeverLoads):
    qualified_name = "loads_at_the_third_attempt"
    display_name = description = "Ends its process when it is constructed for the first or the second time."

    def __init__(self) -> None:
        mark = Path(os.environ["BAD_LOADING_MARKS"], self.qualified_name)
        with mark.open("a") as file:
            file.write("x")
        if len(mark.read_text()) < 3:
            os._exit(7)


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [NeverLoads, DiesLoading, LoadsOnce, LoadsAtTheThirdAttempt]
