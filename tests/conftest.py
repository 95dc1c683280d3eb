"""Fixtures that more than one shelf uses."""

from hypothesis import settings

from tests.running_gateway import gateway, shared_gateway, signed_gateway, trial_template

__all__ = ["gateway", "shared_gateway", "signed_gateway", "trial_template"]

# A deadline would judge the machine: the first case loads modules, and others want the cores.
settings.register_profile("sealgate", deadline=None)
settings.load_profile("sealgate")
