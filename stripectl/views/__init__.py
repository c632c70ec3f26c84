"""Plans, drift, revisions and diagnostics as text, Markdown and JSON: a value goes in, a text comes out."""
