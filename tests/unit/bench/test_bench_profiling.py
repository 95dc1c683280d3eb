"""The profile names functions of the product: they must be there, and awaited where it says so."""

import inspect
import os
from typing import Any

import pytest

from bench.profiling.processes import used_below
from bench.profiling.seams import SEAMS


@pytest.mark.parametrize(("stage", "owner", "name", "awaited"), SEAMS)
def test_every_stage_is_a_function_of_the_product(
    stage: str,
    owner: Any,  # noqa: ANN401 - a class or a module
    name: str,
    awaited: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert stage
    assert inspect.iscoroutinefunction(getattr(owner, name)) == awaited


def test_what_a_process_has_used_is_read_from_the_kernel() -> None:
    used = used_below(os.getpid())[os.getpid()]
    assert used.role == "keeper"
    assert used.seconds > 0
    assert used.resident_bytes > 10 * 1024 * 1024
