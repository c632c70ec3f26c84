"""`python -m stripectl.action fetch | run | keep`: the steps of `action.yml`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from stripectl.action.bare import begin_anew
from stripectl.action.inputs import Inputs, inputs_from
from stripectl.action.job import carry_out, report
from stripectl.action.records import no_records, records
from stripectl.action.runner import Runner, runner_from, unwritten
from stripectl.crash_report import unexpected
from stripectl.diagnostics import ExitCode, StripectlError
from stripectl.signals import attentive


def _fetch(inputs: Inputs, runner: Runner) -> int:
    """Bring the records from their branch."""
    with records(inputs, runner) as kept:
        if kept and not kept.fetch():
            if inputs.command == "drift":
                runner.tell((no_records(f"branch {kept.branch.name}, which does not exist"),))
            else:
                runner.remark(f"There is no branch {kept.branch.name} yet: nothing was applied before.")
    return 0


def _run(inputs: Inputs, runner: Runner) -> int:
    """Run the command and report."""
    return report(carry_out(inputs, runner), inputs, runner)


def _keep(inputs: Inputs, runner: Runner) -> int:
    """Add the records to their branch; whatever became of an apply, its journal must not be lost."""
    with records(inputs, runner) as kept:
        if kept and kept.keep(f"Records of {kept.name}\n\n{runner.page}".strip()):
            runner.remark(f"The records of {kept.name} are on the branch {kept.branch.name}.")
    return 0


STEPS: Mapping[str, Callable[[Inputs, Runner], int]] = {"fetch": _fetch, "run": _run, "keep": _keep}


def main(words: list[str], runner: Runner) -> int:
    """One step; its exit code, with a message for every error and never a traceback."""
    if len(words) != 1 or words[0] not in STEPS:
        sys.stderr.write(f"usage: python -m stripectl.action {' | '.join(STEPS)}\n")
        return ExitCode.USAGE
    try:
        with attentive():
            return STEPS[words[0]](inputs_from(runner.variables, Path.cwd()), runner)
    except StripectlError as problem:
        runner.tell(problem.diagnostics)
        return problem.exit_code
    except OSError as problem:
        runner.tell((unwritten(problem),))
        return ExitCode.ERROR
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as problem:
        runner.tell((unexpected(problem, "What was recorded before is as it was."),))
        return ExitCode.ERROR


if __name__ == "__main__":
    begin_anew(*sys.argv[1:2])
    sys.exit(main(sys.argv[1:], runner_from()))
