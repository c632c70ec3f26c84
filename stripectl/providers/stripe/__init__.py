"""Stripe: how artifacts map to its objects, and the one road to its API."""
