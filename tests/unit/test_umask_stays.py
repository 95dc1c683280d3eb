"""A command that sets its process's umask does so for the test alone that ran it."""

import os

import pytest


@pytest.fixture(scope="session")
def a_command_in_a_session_fixture() -> int:
    os.umask(0o077)
    return 0o077


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now


def test_what_a_shared_fixture_set_is_gone_before_the_test(
    a_command_in_a_session_fixture: int,
) -> None:
    assert _umask() != a_command_in_a_session_fixture


def test_what_a_test_sets_is_gone_in_the_next_one() -> None:
    before = _umask()
    os.umask(0o027)
    assert before != 0o027


test_and_this_is_the_next_one = test_what_a_test_sets_is_gone_in_the_next_one
