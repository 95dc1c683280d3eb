"""Documents that come together.

`submission` takes them, with `bodies` of their parts; `handlers` says how far they are, `streams`
as it happens; `answers` and `schemas` are how that is told and described.
"""
