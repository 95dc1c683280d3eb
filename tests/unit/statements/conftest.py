"""Fixtures of the statements."""

from tests.hsm_fixtures import soft_token, soft_token_original

__all__ = ["soft_token", "soft_token_original"]
