"""The reference account network: accounts and the flow of envelopes; no company's key, no seal.

`store` is what it keeps. On it stand `accounts`, who takes part; `contents`, what organisations
bring each other; `records`, the one way to say something in an envelope, and the feeds that tell of
it; `webhooks`, which call that there is something to hear. `core` joins these. Two rooms are built
upon it: for persons (`persons`, `pages`) and for whoever holds the goods (`deliveries`); `press`
writes what both do into documents. `http` is how organisations ask, `listening` how connections are
taken, `serving` the ports; `administration` and `authority` are what the operator does,
`vital_signs` what they watch; `open` puts all of it together.
"""
