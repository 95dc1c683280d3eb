"""The reference account network: accounts and the flow of envelopes; no company's key, no seal.

`store` is what it keeps. On it stand `accounts`, who takes part; `book`, the one way to an
envelope's record, with `recording`, `standing` and `membership` within its transactions;
`contents`, what organisations bring each other; `feed` and `webhooks`, how they hear of it. `core`
joins these. Two rooms are built upon it: for persons (`persons`, `pages`) and for whoever holds the
goods (`deliveries`); `press` writes what both do into documents. `http` is how organisations ask,
`serving` the ports, `administration` and `authority` what the operator does; `open` puts all of it
together.
"""
