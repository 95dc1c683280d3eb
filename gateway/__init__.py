"""The gateway: takes requests, asks the policies, has documents sealed, keeps the record."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("sealgate")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+checkout"
