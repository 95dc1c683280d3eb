"""`sealgate backup`: make backups, verify them, put one back."""
