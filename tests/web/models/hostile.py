"""A model whose every text tries to be more than text."""

from tornado_ml import MLModel, hookimpl

MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
LONG = "x" * 300


class Hostile(MLModel):
    qualified_name = "hostile"
    display_name = f"Hostile {MARKUP}"
    description = f"{MARKUP} {LONG} \u202etfel ot thgir\u202c javascript:alert(1)"
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "title": MARKUP,
        "description": MARKUP,
        "properties": {
            MARKUP: {"type": "string", "description": MARKUP, "x-unit": MARKUP},
            "__proto__": {"type": "string"},
            "constructor": {"type": "string", "title": LONG},
            "choice": {"enum": [MARKUP, "</select>", "</textarea>"], "default": MARKUP},
            "list": {"type": "array", "title": MARKUP, "items": {"type": "string", "title": MARKUP}},
        },
    }
    output_schema = {"description": MARKUP}
    examples = ({MARKUP: MARKUP, "__proto__": "an own key", "choice": "</select>", "list": [MARKUP]},)

    def predict(self, data):
        return {"said": MARKUP, "received": data, MARKUP: [MARKUP, "</pre>"]}


@hookimpl
def register_models():
    return [Hostile]
