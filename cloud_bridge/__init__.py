"""The way to the cloud account network, and a network to meet on.

Imports none of our other code but `processes.confinement`, in the child that reads strangers' PDFs.

`model` is what an envelope is, `envelopes` what may happen to it and the record of what did;
`keys`, `cards` and `containers` are why somebody is believed, `encryption` who may read; `wire` is
everything that may leave the house, `interfaces` what a network must be able to do, `client` a
gateway's side of those that we can speak to, `network` the reference network itself.
`plain_signature`, `library_signature` and `nonces` know who has signed a request, at its door and
at a gateway's.
"""
