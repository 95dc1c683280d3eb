"""Bytes within bytes, as each engine looks for them."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Contains(FunctionElement[bool]):
    inherit_cache = True  # type: ignore[mutable-override]  # as SQLAlchemy has it done

    def __init__(self, column: ColumnElement[bytes], wanted: bytes) -> None:
        super().__init__(column, wanted)
        self.type = Boolean()


def contains(column: ColumnElement[bytes], wanted: bytes) -> ColumnElement[bool]:
    """Whether the column's bytes hold the wanted ones somewhere."""
    return _Contains(column, wanted)


@compiles(_Contains)
def _by_instr(element: _Contains, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, wanted = element.clauses
    left, right = compiler.process(column, **options), compiler.process(wanted, **options)
    return f"instr({left}, {right}) > 0"


@compiles(_Contains, "postgresql")
def _by_position(element: _Contains, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, wanted = element.clauses
    left, right = compiler.process(column, **options), compiler.process(wanted, **options)
    return f"position({right} IN {left}) > 0"
