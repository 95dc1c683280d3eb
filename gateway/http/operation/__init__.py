"""What those who run the gateway see: does it run, could it seal, and how much does it do.

`handlers` answers them. `metrics` counts what is done, with `vital_signs`, `rules`, `waiting` and
`outside` for what they are named after; `readiness` is whether the gateway could seal right now.
"""
