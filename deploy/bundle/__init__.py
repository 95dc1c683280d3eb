"""The archive that installs Sealgate where there is no network: made here, verified there."""
