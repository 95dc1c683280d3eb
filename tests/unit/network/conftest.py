"""A network that serves, and two companies on it, for tests that want nothing else of theirs."""

from tests.network_companies import buyer, draft, house, seller

__all__ = ["buyer", "draft", "house", "seller"]
