"""Models that go wrong, each in its own way."""

from tornado_ml import MLModel, MLModelSchemaValidationException, hookimpl

ANY_OBJECT = {"type": "object", "properties": {"text": {"type": "string", "title": "Text"}}}


class Crashing(MLModel):
    qualified_name = "crashing"
    display_name = "Crashing"
    description = "Raises an exception, whatever it is given."
    major_version = 1
    minor_version = 0
    input_schema = ANY_OBJECT
    output_schema = ANY_OBJECT

    def predict(self, data):
        raise RuntimeError("a secret of the model")


class Picky(Crashing):
    qualified_name = "picky"
    display_name = "Picky"
    description = "Refuses what its schema allows."

    def predict(self, data):
        raise MLModelSchemaValidationException("Not on a Monday.")


class Lying(Crashing):
    qualified_name = "lying"
    display_name = "Lying"
    description = "Gives something else than its output schema says."

    def predict(self, data):
        return {"text": 1}


class Unloadable(Crashing):
    qualified_name = "unloadable"
    display_name = "Unloadable"
    description = "Has lost its parameters."

    def __init__(self):
        raise FileNotFoundError("parameters.bin is not there")


@hookimpl
def register_models():
    return [Crashing, Picky, Lying, Unloadable]
