"""One request before one bundle: which rules cover it, what they say, and why."""
