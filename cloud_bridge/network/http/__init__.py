"""How organisations ask the network, and its pages for persons."""
