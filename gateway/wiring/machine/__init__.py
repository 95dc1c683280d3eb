"""What the processes ask of the machine: children, confinement, a port, logs, memory."""
