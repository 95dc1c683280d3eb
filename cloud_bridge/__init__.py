"""The way to the cloud account network. Imports none of our other code."""
