"""`sealgate policy`: look at policies, publish them, bring them into force."""
