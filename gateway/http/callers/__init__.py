"""Who asks, and what they may do: keys, signatures, nonces that count once, and powers."""
