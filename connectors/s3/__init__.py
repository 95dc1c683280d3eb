"""A bucket of S3-compatible storage."""
