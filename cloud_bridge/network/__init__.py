"""The reference account network: accounts and the flow of envelopes; no company's key, no seal.

`store` is what it keeps, `envelopes` the one way to an envelope's record, `accounts` who takes
part, `feed` how organisations hear of it, `contents` what they bring each other, `http` how they
ask.
"""
