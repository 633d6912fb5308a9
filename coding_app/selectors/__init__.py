"""Every read of the application, scoped to the studies one is a member of."""
