"""Where a document's time goes: stage by stage in the gateway, and by process in CPU time."""
