"""Approvals: what waits for people, what they sign, and the one use that it is good for.

A rule may ask that people approve a use of a seal first. What they are asked is a row and a record
(`waiting`), what they say is a signed statement (`statements`, `review`) that is bound to the very
bytes of the document and of the request. The policies count the statements (`gathering`), and an
approval is used once, in the transaction of the intent that rests on it (`guard`). No document is
kept: the caller sends it again.
"""
