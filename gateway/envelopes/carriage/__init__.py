"""The way to the network and back: what is owed goes out, what comes in is verified and written."""
