"""A pytest plugin: what a command sets for its own process stays for nobody else's servers.

Not in conftest.py: pytest asks only plugins about fixtures of the whole session.
"""

import os
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Iterator[None]:
    """Leave the umask as it was before the fixture."""
    before = _umask()
    try:
        return (yield)
    finally:
        os.umask(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Leave the umask as it was before the test."""
    before = _umask()
    try:
        return (yield)
    finally:
        os.umask(before)


def _umask() -> int:
    before = os.umask(0o022)
    os.umask(before)
    return before
