"""Freezes: officers stop a seal, a company, a system, a counterparty or all, until two end it."""
