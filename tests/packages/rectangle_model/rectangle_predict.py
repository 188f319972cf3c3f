"""A model for the original service: it judges its input with its own schema, to which 2 is no float."""

from ml_model_abc import MLModel, MLModelSchemaValidationException
from schema import Schema, SchemaError

from rectangle_model import __qualified_name__, __version_info__


class RectangleModel(MLModel):
    display_name = "Rectangle Model"
    qualified_name = __qualified_name__
    description = "The area of a rectangle, and what shape it has."
    major_version = __version_info__[0]
    minor_version = __version_info__[1]
    input_schema = Schema({"width": float, "height": float})
    output_schema = Schema({"area": float, "shape": str})

    def __init__(self):
        self._shapes = ("oblong", "square")

    def predict(self, data):
        try:
            self.input_schema.validate(data)
        except SchemaError as error:
            raise MLModelSchemaValidationException(f"Failed to validate input data: {error}") from error
        if data["width"] < 0 or data["height"] < 0:
            raise MLModelSchemaValidationException("A side has no negative length.")
        shape = self._shapes[data["width"] == data["height"]]
        return {"area": data["width"] * data["height"], "shape": shape}
