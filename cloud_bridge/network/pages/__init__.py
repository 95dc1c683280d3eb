"""Pages on which persons sign: rendered here, with no script or style inside them."""
