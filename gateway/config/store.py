"""Where rows and sealed documents are kept."""

import re
import socket
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gateway.config.values import AbsolutePath, Section
from strictyaml import refusal


def _host_name() -> str:
    # Whatever the machine is called, it must do for a part of a file's name.
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:63].strip("-.") or "node"


class StoreConfig(Section):
    """Where the rows and sealed documents are."""

    url: str | None = Field(
        default=None,
        pattern=r"^postgres(ql)?://",
        description="A PostgreSQL database (libpq's URI, several hosts for a failover, no "
        "password), which several gateway nodes may share. By default SQLite in the state "
        "directory.",
    )
    password_file: AbsolutePath | None = Field(
        default=None, description="A file with the database's password and nothing else."
    )
    node: str = Field(
        default_factory=_host_name,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$",
        description="This gateway's name among the nodes of one database; no two share one.",
    )
    documents: AbsolutePath | None = Field(
        default=None,
        description="Sealed documents. All nodes of one database need the same directory. By "
        "default `documents` in the state directory.",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.url is None and self.password_file is not None:
            raise refusal(
                "`password_file` goes with `url`",
                "name the database in store.url, or leave the password out",
            )
        if self.url is not None and self.documents is None:
            raise refusal(
                "with `url`, `documents` says where all nodes keep the sealed documents",
                "name a directory that every node of this database has",
            )
        if self.url is not None and urlsplit(self.url).password is not None:
            raise refusal(
                "the URL holds a password, which would be told in logs",
                "write it into a file of its own and name that in store.password_file",
            )
        return self
