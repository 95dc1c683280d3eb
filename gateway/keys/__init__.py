"""Acts on keys beside the signing cycle: made, certified, exchanged, and each of them recorded."""
