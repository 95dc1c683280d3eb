"""Who may put which seal on which document: facts in, decision out. No I/O, no clock."""
