"""Contracts with other companies.

`submission` takes one, with `bodies` of its parts; `handlers` says how far they are and does what
is asked of them; `answers` and `schemas` are how that is told and described.
"""
