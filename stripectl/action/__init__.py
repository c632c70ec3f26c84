"""What the GitHub Action does around a command: inputs, summary, outputs, comment, issue, records.

Each step of `action.yml` is one word: `python -m stripectl.action fetch | run | keep`. Nothing here decides
anything about prices; the command that runs is the one that a person would type.
"""
