"""Separation of powers: the matrix says of every power and action whether they go together."""

from typing import get_args

import pytest

from policies.powers import MATRIX, Action, Power, may

POWERS: tuple[Power, ...] = get_args(Power)
ACTIONS: tuple[Action, ...] = get_args(Action)
MANAGING = {"policy.activate", "freeze.begin", "freeze.end", "hold.begin", "hold.end"}
USING = {"seal.use", "approval.decide"}

# A row an action, a column a power in the order of `Power`: manager, user, auditor, administrator.
EXPECTED: dict[Action, tuple[bool, bool, bool, bool]] = {
    "seal.use": (False, True, False, False),
    "document.read": (False, True, True, False),
    "approval.read": (False, True, True, False),
    "approval.decide": (False, True, False, False),
    "policy.read": (True, False, True, False),
    "policy.look": (True, False, True, False),
    "policy.activate": (True, False, False, False),
    "freeze.read": (True, True, True, False),
    "freeze.begin": (True, False, False, False),
    "freeze.end": (True, False, False, False),
    "audit.read": (False, False, True, False),
    "usage.read": (True, True, True, False),
    "hold.read": (True, False, True, False),
    "hold.begin": (True, False, False, False),
    "hold.end": (True, False, False, False),
}


def test_the_matrix_is_total() -> None:
    assert set(MATRIX) == set(POWERS)
    assert set(EXPECTED) == set(ACTIONS)
    assert frozenset[Action]().union(*MATRIX.values()) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_power_may_what_it_may(action: Action) -> None:
    assert tuple(may([power], action) for power in POWERS) == EXPECTED[action]


@pytest.mark.parametrize("power", POWERS)
def test_no_power_both_manages_and_uses_seals(power: Power) -> None:
    assert not (MATRIX[power] & MANAGING and MATRIX[power] & USING)


def test_the_auditor_only_reads() -> None:
    assert {action for action in MATRIX["auditor"] if not action.endswith(".read")} == {
        "policy.look"
    }


def test_the_system_administrator_does_none_of_it() -> None:
    assert MATRIX["system-administrator"] == frozenset()


def test_who_has_no_power_may_nothing() -> None:
    assert not any(may([], action) for action in ACTIONS)


def test_several_powers_may_what_one_of_them_may() -> None:
    assert may(["auditor", "seal-user"], "seal.use")
    assert not may(["auditor", "system-administrator"], "seal.use")
