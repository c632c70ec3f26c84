"""A plan as one HTML page for people who decide about prices: shapes here, their places in the template."""
