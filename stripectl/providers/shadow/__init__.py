"""A Stripe account in a local file, spoken to through the real SDK."""
