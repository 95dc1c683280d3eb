"""The benchmark: how near the gateway comes to the HSM, and to a library that only signs."""
