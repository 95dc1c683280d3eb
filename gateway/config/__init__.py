"""config.yaml into frozen types. config.example.yaml documents every key; a test loads it.

Each section with more than a few keys has a file of its own, named as the section is.
"""

from gateway.config.bridge import BridgeCompanyConfig, BridgeConfig
from gateway.config.http import HTTPConfig, TLSConfig
from gateway.config.jobs import DAYS, JobsConfig, MaintenanceConfig
from gateway.config.model import Config, load_config
from gateway.config.sections import DocumentsConfig
from gateway.config.values import AbsolutePath

__all__ = [
    "DAYS",
    "AbsolutePath",
    "BridgeCompanyConfig",
    "BridgeConfig",
    "Config",
    "DocumentsConfig",
    "HTTPConfig",
    "JobsConfig",
    "MaintenanceConfig",
    "TLSConfig",
    "load_config",
]
