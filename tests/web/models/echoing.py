"""A model that gives back whatever it is given."""

from tornado_ml import MLModel, hookimpl


class Echoing(MLModel):
    qualified_name = "echoing"
    executor = "thread"
    display_name = "Echoing"
    description = "Gives back whatever it is given."
    major_version = 1
    minor_version = 0
    input_schema = {}
    output_schema = {}

    def predict(self, data):
        return data


@hookimpl
def register_models():
    return [Echoing]
