"""Speaks PKCS#11: the module, the token in it, logging in, sessions, and keys that sign.

`pkcs11` joins these to a key store; `faults` says which answer of a token means what.
"""
