"""What officers write, as frozen values; `policies.bundle` holds them all."""
