"""Where the keys are: one process that holds the PIN and signs against grants, nothing else.

`signer` is that process, `client` its other end, `wire` what they say; `token` speaks PKCS#11 for
it, and `open` chooses. With several tokens of the same keys, `replicas` is the client. `ceremonies`
makes keys, `personal` uses the key of one person.
"""
