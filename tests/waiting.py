"""How long a test waits for what should come at once."""

SECONDS = 120
"""A machine may pause for many seconds; who waits so long waits in vain, and the test fails by itself."""
