"""Manifests and configuration: YAML with places, JSON Schema, and the catalog that is built from them."""
