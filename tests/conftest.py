"""Fixtures that more than one shelf uses."""

from tests.running_gateway import gateway, shared_gateway, signed_gateway, trial_template

__all__ = ["gateway", "shared_gateway", "signed_gateway", "trial_template"]
