"""YAML into frozen types, with every mistake named by file, line and cure.

Example:
    >>> class Lamp(StrictModel):
    ...     watts: int
    >>> load("watts: 40", file="lamp.yaml", model=Lamp).value.watts
    40
    >>> load("wats: 40", file="lamp.yaml", model=Lamp)
    Traceback (most recent call last):
    strictyaml.mistakes.MistakesError: lamp.yaml:1: wats: unknown key -> did you mean `watts`?
    lamp.yaml:1: watts: required, but missing -> add `watts:`
"""

from strictyaml.composing import MAX_BYTES, MAX_DEPTH, Tree
from strictyaml.loading import Loaded, Reading, load, load_documents, read_documents
from strictyaml.mistakes import Mistake, MistakesError, Path, raise_if_any
from strictyaml.models import StrictModel, nearest, refusal

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "Loaded",
    "Mistake",
    "MistakesError",
    "Path",
    "Reading",
    "StrictModel",
    "Tree",
    "load",
    "load_documents",
    "nearest",
    "raise_if_any",
    "read_documents",
    "refusal",
]
