"""What stripectl does, each in a few lines over ports: plan, apply, resume, unwind, roll back, drift."""
