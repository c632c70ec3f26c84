"""The pricing model: money and artifacts, knowing no provider and no file."""
