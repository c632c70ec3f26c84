"""Plan files: one saved plan, or several of one run in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from stripectl.engine.derived import check_derived
from stripectl.engine.kinds import Kinds
from stripectl.engine.nodes import parse_json
from stripectl.engine.plan import Plan
from stripectl.engine.serial import check_digest, plan_from_json, plan_to_json
from stripectl.files import located, read_text, write_atomically


def save_plan(path: Path, plan: Plan) -> None:
    """Write a plan file; raises InvalidInput where the disk refuses."""
    write_atomically(path, json.dumps(plan_to_json(plan), indent=1, ensure_ascii=False) + "\n")


def load_plan(path: Path, kinds: Kinds) -> Plan:
    """Read a plan file; raises InvalidInput or StalePlan for what is none, or was edited."""
    with located(path):
        document = parse_json(read_text(path, follow=True), "plan")
        plan = plan_from_json(document, kinds)
        check_digest(document)
        check_derived(document, plan, kinds)
    return plan
