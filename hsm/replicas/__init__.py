"""Several tokens with the same keys: one signs, the others stand by, and the next takes over.

`proving` proves that they hold the same keys, `renewing` starts their signers anew one after the
other, `standing` is how each of them stands.
"""
