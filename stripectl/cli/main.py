"""The commands and their options. Each loads what it needs when it is called: help answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from stripectl import __version__
from stripectl.cli import completing, options
from stripectl.cli.deadline import App
from stripectl.diagnostics import ExitCode
from stripectl.engine.policy import OnError

app = App(
    name="stripectl",
    help="Infrastructure as code for a Stripe catalog: plan, review, apply, roll back.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
shadow = App(help="The account in a file that everything runs on without a key.", rich_markup_mode=None)
lock = App(help="The lock that keeps two applies apart.", rich_markup_mode=None)
app.add_typer(shadow, name="shadow", no_args_is_help=True)
app.add_typer(lock, name="lock", no_args_is_help=True)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"stripectl {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Infrastructure as code for a Stripe catalog: plan, review, apply, roll back."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to start.")] = Path(),
) -> None:
    """Start a project: a small catalog, a config, a .gitignore, a workflow for pull requests."""
    from stripectl.cli.commands import starting

    starting.init(folder)


@app.command()
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILES]...", help="Show problems of these files only.")
    ] = None,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
) -> None:
    """Check the manifests offline: format, references, sense, fidelity. All problems at once."""
    from stripectl.cli.commands import checking
    from stripectl.cli.rendering import FINDINGS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, formats=FINDINGS, folder=folder, no_color=no_color, quiet=quiet)
    _leave(checking.validate(screen, folder, env, catalog, files or []))


@app.command()
def plan(
    save: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Save the plan; a folder for several catalogs."),
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 where something would change.")
    ] = False,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    target: options.Target = None,
    allow: options.Allow = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """Show what an apply would change, and what is lost on the way. Reads only."""
    from stripectl.cli.commands import planning
    from stripectl.cli.rendering import PLANS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, formats=PLANS, folder=folder, no_color=no_color, quiet=quiet, verbose=verbose)
    chosen = planning.Choice(folder, env, catalog, tuple(allow or ()), tuple(target or ()))
    _leave(planning.plan(screen, chosen, save, detailed_exitcode=detailed_exitcode))


@app.command()
def diff(
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="REF",
            help="Commit, branch or tag. Default: where this branch left the one that it goes to, else HEAD.",
        ),
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 where something differs.")
    ] = False,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    allow: options.Allow = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """Show what the manifests change against a git ref: no key, no network, no account."""
    from stripectl.cli.commands import comparing, planning
    from stripectl.cli.rendering import PLANS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, formats=PLANS, folder=folder, no_color=no_color, quiet=quiet, verbose=verbose)
    chosen = planning.Choice(folder, env, catalog, tuple(allow or ()))
    _leave(comparing.diff(screen, chosen, base, detailed_exitcode=detailed_exitcode))


@app.command()
def show(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A plan file, a revision file or a revision number.",
            autocompletion=completing.revisions,
        ),
    ],
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
    verbose: options.Verbose = 0,
) -> None:
    """Show a saved plan or a revision again, offline."""
    from stripectl.cli.commands import recording
    from stripectl.cli.rendering import PLANS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, formats=PLANS, folder=folder, no_color=no_color, verbose=verbose)
    _leave(recording.show(screen, file, folder, env, catalog))


@app.command()
def apply(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A saved plan.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish an apply that stopped half-way.")] = False,
    unwind: Annotated[
        bool, typer.Option("--unwind", help="Put an apply that stopped half-way back.")
    ] = False,
    expect_digest: Annotated[
        str | None,
        typer.Option("--expect-digest", metavar="SHA256", help="Apply only a plan with this digest."),
    ] = None,
    yes: options.Yes = False,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    target: options.Target = None,
    allow: options.Allow = None,
    lock_timeout: options.LockTimeout = 0.0,
    on_error: options.OnError = OnError.AUTO,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """Carry out a saved plan; without one: plan, ask, carry out."""
    from stripectl.cli.commands import applying, planning
    from stripectl.cli.rendering import APPLYING
    from stripectl.cli.terminal import terminal

    screen = terminal(
        output, formats=APPLYING, folder=folder, no_color=no_color, quiet=quiet, verbose=verbose
    )
    chosen = planning.Choice(folder, env, catalog, tuple(allow or ()), tuple(target or ()))
    how = applying.How(yes=yes, lock_timeout=lock_timeout, expect_digest=expect_digest, on_error=on_error)
    _leave(applying.apply(screen, chosen, how, file, resume=resume, unwind=unwind))


@app.command()
def rollback(
    revision: Annotated[
        str,
        typer.Argument(
            metavar="REV",
            help="A revision number; `stripe-rev-0001` works too.",
            autocompletion=completing.revisions,
        ),
    ],
    save: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Save the plan instead of applying it.")
    ] = None,
    yes: options.Yes = False,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    allow: options.Allow = None,
    lock_timeout: options.LockTimeout = 0.0,
    on_error: options.OnError = OnError.AUTO,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """Plan the state of an earlier revision, ask, carry it out."""
    from stripectl.cli.commands import applying, planning
    from stripectl.cli.rendering import APPLYING
    from stripectl.cli.terminal import terminal

    screen = terminal(
        output, formats=APPLYING, folder=folder, no_color=no_color, quiet=quiet, verbose=verbose
    )
    chosen = planning.Choice(folder, env, catalog, tuple(allow or ()))
    how = applying.How(yes=yes, lock_timeout=lock_timeout, on_error=on_error)
    _leave(applying.rollback(screen, chosen, how, revision, save))


@app.command()
def drift(
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> None:
    """Compare the account with the last revision. Reads only; exit 2 where something drifted."""
    from stripectl.cli.commands import planning, recording
    from stripectl.cli.rendering import RECORDS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, no_color=no_color, quiet=quiet, verbose=verbose, formats=RECORDS)
    _leave(recording.drift(screen, planning.Choice(folder, env, catalog)))


@app.command()
def history(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[ADDRESS]",
            help="Every amount that this price has had, and who is on it.",
            autocompletion=completing.addresses,
        ),
    ] = None,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no account: subscriptions are not counted.")
    ] = False,
    requests: Annotated[
        str | None,
        typer.Option(
            "--requests",
            metavar="REV",
            help="The requests of the run that made a revision, or of a run by its id.",
            autocompletion=completing.revisions,
        ),
    ] = None,
) -> None:
    """List the revisions, everything that an address has stood for, or the requests of one run."""
    from stripectl.cli.commands import planning, recording
    from stripectl.cli.rendering import RECORDS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, no_color=no_color, quiet=quiet, verbose=verbose, formats=RECORDS)
    chosen = planning.Choice(folder, env, catalog)
    _leave(recording.history(screen, chosen, address, requests, offline=offline))


@app.command()
def doctor(
    folder: options.Folder = None,
    env: options.Environment = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
) -> None:
    """Look at everything that plan and apply rest on: key, account, permissions, state. Reads only."""
    from stripectl.cli.commands import examining
    from stripectl.cli.rendering import RECORDS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, no_color=no_color, formats=RECORDS)
    _leave(examining.doctor(screen, folder, env))


@app.command()
def explain(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[ADDRESS]", help="One artifact. Default: all.", autocompletion=completing.addresses
        ),
    ] = None,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
) -> None:
    """Say how each artifact maps to Stripe, how faithfully, and what is lost. Offline."""
    from stripectl.cli.commands import checking
    from stripectl.cli.rendering import RECORDS
    from stripectl.cli.terminal import terminal

    screen = terminal(output, no_color=no_color, formats=RECORDS)
    _leave(checking.explain(screen, address, folder, env, catalog))


@app.command()
def quote(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[OFFER|PRICE]...", help="What is bought. Default: every profile."),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="NAME", help="A profile of the manifests. Repeat it."),
    ] = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option("--quantity", metavar="PRICE=N", help="How many of a price; else one. Repeat it."),
    ] = None,
    usage: Annotated[
        list[str] | None,
        typer.Option("--usage", metavar="METER=N", help="What a meter measures; else nothing. Repeat it."),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option("--currency", metavar="CODE", help="Default: the base currency, or the profile's."),
    ] = None,
    discount: Annotated[
        list[str] | None,
        typer.Option("--discount", metavar="NAME", help="A discount that applies. Repeat it."),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="PERIOD", help="Also spread evenly over: day, week, month or year."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="REF",
            help="Compare with a commit, or a revision by its number.",
            autocompletion=completing.revisions,
        ),
    ] = None,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
    no_color: options.NoColor = False,
) -> None:
    """Say what a customer would pay, from the manifests, line by line. Offline."""
    from stripectl.cli.commands.buying import Asked
    from stripectl.cli.commands.quoting import quote as command
    from stripectl.cli.rendering import QUOTES
    from stripectl.cli.terminal import terminal

    screen = terminal(output, formats=QUOTES, no_color=no_color)
    asked = Asked(
        tuple(what or ()),
        tuple(profile or ()),
        tuple(quantity or ()),
        tuple(usage or ()),
        tuple(discount or ()),
        currency.lower() if currency else None,
        every,
        against,
    )
    _leave(command(screen, asked, folder, env, catalog))


@shadow.command("serve")
def shadow_serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 12111,
    latency: Annotated[
        int,
        typer.Option("--latency", metavar="MS", min=0, max=60_000, help="Wait so long before each answer."),
    ] = 0,
    rate_limit: Annotated[
        int | None,
        typer.Option("--rate-limit", metavar="N", min=1, help="Most requests a second for one endpoint."),
    ] = None,
    overall_rate_limit: Annotated[
        int | None,
        typer.Option("--overall-rate-limit", metavar="N", min=1, help="Most requests a second in all."),
    ] = None,
    retry_after: Annotated[
        int | None,
        typer.Option(
            "--retry-after", metavar="SECONDS", min=0, help="What a 429 asks to wait; Stripe does not say it."
        ),
    ] = None,
    deny: Annotated[
        list[str] | None,
        typer.Option("--deny", metavar="PERMISSION", help="What restricted keys may not do; repeatable."),
    ] = None,
    folder: options.Folder = None,
    env: options.Environment = None,
) -> None:
    """Speak Stripe's API over HTTP, on this machine only, from the account in the file."""
    from stripectl.cli.commands import shadowing

    manner = shadowing.Manner(latency, rate_limit, overall_rate_limit, retry_after, frozenset(deny or ()))
    shadowing.serve(folder, env, port, manner)


@shadow.command("reset")
def shadow_reset(
    yes: options.Yes = False, folder: options.Folder = None, env: options.Environment = None
) -> None:
    """Start the account in the file over, with its revisions and journals."""
    from stripectl.cli.commands import shadowing

    shadowing.reset(folder, env, yes=yes)


@lock.command("show")
def lock_show(
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
    output: options.Output = None,
) -> None:
    """Say who holds the lock of a catalog."""
    from stripectl.cli.commands import locking
    from stripectl.cli.rendering import RECORDS
    from stripectl.cli.terminal import terminal

    locking.show(terminal(output, formats=RECORDS), folder, env, catalog)


@app.command()
def unlock(
    lock_id: Annotated[str, typer.Argument(metavar="ID", help="As `lock show` prints it.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Also where its process is on this machine and at work.")
    ] = False,
    folder: options.Folder = None,
    env: options.Environment = None,
    catalog: options.Catalog = None,
) -> None:
    """Remove a lock that was left behind."""
    from stripectl.cli.commands import locking

    locking.unlock(lock_id, folder, env, catalog, yes=yes)


@app.command()
def schema(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Of a file or an output: manifest, plan, progress … An unknown one lists all.",
            autocompletion=completing.schemas,
        ),
    ],
) -> None:
    """Print a JSON Schema, for editors and other tools."""
    from stripectl.cli.commands import starting

    starting.schema(name)


def _leave(code: ExitCode) -> None:
    raise typer.Exit(int(code))


def run() -> None:
    """Entry point: every error becomes a message and an exit code, never a traceback."""
    import gc

    from stripectl.cli.leaving import guarded

    # A catalog is millions of small objects that live to the end: collecting them early finds nothing.
    gc.set_threshold(100_000, 20, 100)
    sys.exit(guarded(app, sys.argv[1:]))
