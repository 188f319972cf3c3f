"""A model for `ml_base`: everything is a property, the schemas are pydantic classes, the version is one string."""

from enum import Enum

from ml_base import MLModel
from pydantic import BaseModel, Field

from tip_model import __version__


class Service(str, Enum):  # noqa: UP042
    poor = "poor"
    good = "good"


class TipModelInput(BaseModel):
    bill: float = Field(ge=0, description="What the meal cost.")
    service: Service = Service.good


class TipModelOutput(BaseModel):
    tip: float
    service: Service


class TipModel(MLModel):
    @property
    def display_name(self) -> str:
        return "Tip Model"

    @property
    def qualified_name(self) -> str:
        return "tip_model"

    @property
    def description(self) -> str:
        return "What to leave on the table."

    @property
    def version(self) -> str:
        return __version__

    @property
    def input_schema(self):
        return TipModelInput

    @property
    def output_schema(self):
        return TipModelOutput

    def __init__(self):
        self._rates = {Service.poor: 0.0, Service.good: 0.1}

    def predict(self, data: TipModelInput) -> TipModelOutput:
        return TipModelOutput(tip=data.bill * self._rates[data.service], service=data.service)
