"""Contracts with other companies: carried both ways, verified, asked of the policies, sealed, kept.

How it is believed: docs/adr/0021-envelopes-between-companies.md.
"""
