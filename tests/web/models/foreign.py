"""A model whose words are Hebrew and Arabic, or longer than any screen is wide."""

from tornado_ml import MLModel, hookimpl

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


class Foreign(MLModel):
    qualified_name = "foreign"
    display_name = "מודל בעברית"
    description = "النموذج يعيد ما يُعطى له، مع رقم 12.5 ووحدة kg."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "title": "קלט",
        "properties": {
            "name": {"type": "string", "title": "שם מלא", "description": "שם פרטי ושם משפחה (ABC)."},
            "weight": {"type": "number", "title": "الوزن", "x-unit": "كغ", "minimum": 0},
            "colour": {"enum": ["أحمر", "أخضر"], "title": "اللون"},
            "many": {"enum": [f"חלופה {number}" for number in range(9)], "title": "הרבה"},
            "list": {"type": "array", "title": "רשימה", "items": {"type": "string", "title": "פריט"}},
        },
        "required": ["name"],
    }
    output_schema = {}
    examples = ({"name": "דוד בן־גוריון (ABC)", "weight": 12.5, "colour": "أخضر", "list": ["אחת", "שתיים"]},)

    def predict(self, data):
        return data


class LongWords(Foreign):
    qualified_name = f"long_words_{'x' * 100}"
    display_name = LONG
    description = f"{LONG} {LONG}"
    input_schema = {
        "type": "object",
        "title": LONG,
        "description": LONG,
        "properties": {
            LONG: {"type": "string", "description": LONG, "x-unit": LONG[:80]},
            "value": {"type": "number", "title": LONG, "default": 1, "description": LONG},
            "few": {"enum": [LONG, f"{LONG}!"], "title": LONG},
            "many": {"enum": [f"{LONG}{number}" for number in range(9)]},
            "either": {"oneOf": [{"type": "string", "title": LONG}, {"type": "number", "title": f"{LONG}!"}]},
            "list": {"type": "array", "title": LONG, "items": {"type": "string", "title": LONG}},
            "pair": {"type": "array", "prefixItems": [{"type": "string", "title": LONG}, {"type": "number"}]},
            "map": {"type": "object", "additionalProperties": {"type": "string", "title": LONG}},
            "photo": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png", "title": LONG},
        },
    }
    examples = (
        {
            LONG: LONG,
            "value": 123456789.123456789,
            "few": LONG,
            "many": f"{LONG}3",
            "list": [LONG],
            "pair": [LONG, 1],
            "map": {LONG: LONG},
        },
    )


@hookimpl
def register_models():
    return [Foreign, LongWords]
