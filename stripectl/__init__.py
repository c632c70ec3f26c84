"""Declarative infrastructure-as-code for a Stripe catalog."""

__version__ = "0.1.0"
