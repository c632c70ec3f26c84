"""The steps that deal with the branch of the records run without a key in their environment.

A workflow gives its key to the action as a whole, so every step of it gets it. What these steps read was
written by others, and what they write is published: they begin anew with what git and a runner need.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

from stripectl.diagnostics import scrubbed

KEYLESS = ("fetch", "keep")
"""Steps that need no key."""

_NEEDED = re.compile(
    r"""
      PATH | HOME | USER | LOGNAME | SHELL | LANG | LANGUAGE | TZ | TERM | TMPDIR | TEMP | TMP
    | LC_\w+ | XDG_\w+ | LD_LIBRARY_PATH | VIRTUAL_ENV | PYTHON\w* | COVERAGE\w*
    | GIT_\w+ | SSH_AUTH_SOCK | SSH_ASKPASS | SSL_CERT_FILE | SSL_CERT_DIR | CURL_CA_BUNDLE | \w+_PROXY
    | CI | CI_\w+ | GITHUB_\w+ | GITLAB_\w+ | RUNNER_\w+ | INPUT_\w+
    | TF_BUILD | TEAMCITY_VERSION | STRIPECTL_ENV
    """,
    re.IGNORECASE | re.VERBOSE,
)


def keyless(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that these steps need; of them, too, none that looks like a key."""
    return {
        name: value
        for name, value in variables.items()
        if _NEEDED.fullmatch(name) and scrubbed(value) == value
    }


def begin_anew(step: str = "") -> None:
    """Replace this process by one without a key, where the step needs none and there may be one.

    To remove the variables would not do: the system shows those that a process was started with.
    """
    variables = dict(os.environ)
    if step in KEYLESS and (few := keyless(variables)) != variables:
        os.execve(sys.executable, sys.orig_argv, few)  # noqa: S606  the same command once more
