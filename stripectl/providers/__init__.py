"""The accounts that stripectl can talk to."""
