"""Fixtures of the contract suites."""

from tests.hsm_fixtures import soft_token, soft_token_original
from tests.postgres_server import postgres

__all__ = ["postgres", "soft_token", "soft_token_original"]
