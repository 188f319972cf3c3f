"""The interface of the original's package `ml_model_abc`: what models for the original service were written for."""

from abc import ABC, abstractmethod


class MLModel(ABC):
    @property
    @abstractmethod
    def display_name(self): ...

    @property
    @abstractmethod
    def qualified_name(self): ...

    @property
    @abstractmethod
    def description(self): ...

    @property
    @abstractmethod
    def major_version(self): ...

    @property
    @abstractmethod
    def minor_version(self): ...

    @property
    @abstractmethod
    def input_schema(self): ...

    @property
    @abstractmethod
    def output_schema(self): ...

    @abstractmethod
    def __init__(self): ...

    @abstractmethod
    def predict(self, data): ...


class MLModelException(Exception):
    pass


class MLModelSchemaValidationException(MLModelException):
    pass
