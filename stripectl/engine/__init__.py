"""States, plans and steps: the part of stripectl that compares and orders, knowing no provider by name."""
