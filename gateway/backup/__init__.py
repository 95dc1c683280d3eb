"""Backups of a running gateway: one file of one moment, verified whole before it is put back."""
