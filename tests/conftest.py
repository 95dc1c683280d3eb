"""Fixtures that more than one shelf uses."""

import os
from collections.abc import Iterator

import pytest

from tests.running_gateway import gateway, shared_gateway, signed_gateway, trial_template

__all__ = ["gateway", "shared_gateway", "signed_gateway", "trial_template", "umask_as_it_was"]


@pytest.fixture(autouse=True)
def umask_as_it_was() -> Iterator[None]:
    """What a command sets for its own process must not stay for the servers of other tests."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)
