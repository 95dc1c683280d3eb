"""Contracts with other companies: carried both ways, verified, asked of the policies, sealed, kept.

An envelope stands on its `ground`; `partners` says who the others are, `carriage` brings their
words and takes ours, `course` does what is ours to do, and `keeping` has what proves it.
How it is believed: docs/adr/0021-envelopes-between-companies.md.
"""
