"""The routes, one file per subject; each is guarded by its row of the policy."""
