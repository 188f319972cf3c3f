"""A model whose answers are too much of something: too long, too many, too deep."""

import math

from tornado_ml import MLModel, hookimpl

MARKUP = '"><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'


def deep(levels):
    value = MARKUP
    for level in range(levels):
        value = {"below": value} if level % 2 else [value]
    return value


FLOODS = {
    "one word": lambda: "x" * 1_000_000,
    "lines": lambda: f"{MARKUP}\n" * 13_000,
    "rows": lambda: [{"name": f"{MARKUP[:20]} {n}", "weight": n / 7} for n in range(10_000)],
    "series": lambda: [{"t": n, "value": math.sin(n / 300)} for n in range(10_000)],
    "numbers": lambda: [math.sin(n / 300) for n in range(40_000)],
    "keys": lambda: {f"{MARKUP[:12]} {n}": {"a": n, "b": [n]} for n in range(5_000)},
    "words": lambda: [f"word {n}" for n in range(20_000)],
    "classes": lambda: {f"class {n}": 1 / 5_000 for n in range(5_000)},
    "matrix": lambda: [[column * row for column in range(100)] for row in range(1_000)],
    "deep": lambda: deep(200),
}


class Flooding(MLModel):
    qualified_name = "flooding"
    executor = "thread"
    display_name = "Flooding"
    description = "Answers with too much."
    major_version = 1
    minor_version = 0
    input_schema = {"title": "Of what", "enum": list(FLOODS)}
    output_schema = {}

    def predict(self, data):
        return FLOODS[data]()


@hookimpl
def register_models():
    return [Flooding]
