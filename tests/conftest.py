"""Fixtures that more than one shelf uses."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.running_gateway import gateway, shared_gateway, signed_gateway, trial_template

__all__ = ["gateway", "shared_gateway", "signed_gateway", "trial_template"]

# A deadline would judge the machine: the first case loads modules, and others want the cores.
settings.register_profile("sealgate", deadline=None)
settings.load_profile("sealgate")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among ten thousand tests and what they import: all of it stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
