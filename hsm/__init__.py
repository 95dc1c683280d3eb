"""Where the keys are: one process that holds the PIN and signs against grants, nothing else."""
