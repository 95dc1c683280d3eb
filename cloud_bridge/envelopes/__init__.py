"""What may happen to an envelope, and the chain of what did. Pure: no I/O, no clock.

`statements` are what is said, `chain` the places of what was said; `terms`, `rules`, `turns` and
`signing_rules` are what may be said, `state` the fold over it, `model` what it comes to; `record`
makes and believes entries; `transcript` verifies all of it from a file, with the `documents`.
"""
