"""The envelopes' records: the one way to say something in them, and how each organisation hears it.

`book` judges what is said, `recording` makes entries of it within one transaction, and `standing`
knows how far each envelope is; `own_words` are the network's. `feed` tells whoever takes part, with
`bringing` what that is about, so that nobody need ask; `answering` is what the author is told at
once.
"""
