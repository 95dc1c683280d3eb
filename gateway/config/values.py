"""What several sections are made of."""

import ipaddress
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ConfigDict

from strictyaml import StrictModel


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"{path} is relative; write the path in full")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


def is_loopback(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Section(StrictModel):
    """One mapping of config.yaml."""

    # config.yaml is IT's file and keeps the customary underscores; policies speak camelCase.
    model_config = ConfigDict(alias_generator=None)
