"""Where the project is, what it holds, and where its state is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stripectl.diagnostics import Diagnostic, InvalidInput, UsageError, did_you_mean, error
from stripectl.manifest.config import Config, Environment, load_config

CONFIG_FILE = "stripectl.yaml"
STATE_FOLDER = ".stripectl"


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a config, catalogs and state."""

    root: Path
    config: Config

    @property
    def catalogs_folder(self) -> Path:
        return self.root / self.config.catalogs_folder

    @property
    def present(self) -> tuple[str, ...]:
        """Names of the catalogs, in order; there may be none."""
        folder = self.catalogs_folder
        found = folder.iterdir() if folder.is_dir() else ()
        return tuple(sorted(each.name for each in found if _is_catalog(each)))

    def catalogs(self, chosen: str | None = None) -> tuple[str, ...]:
        """Names of the catalogs to work on; raises where there is none, or not the chosen one."""
        found = self.present
        if not found:
            raise InvalidInput(_no_catalog(self.catalogs_folder))
        if chosen is not None and chosen not in found:
            raise UsageError(_unknown_catalog(chosen, found))
        return (chosen,) if chosen is not None else found

    def environment(self, chosen: str | None) -> Environment:
        """The chosen environment, or the default one."""
        name = chosen or self.config.default_environment
        if name not in self.config.environments:
            raise UsageError(_unknown_environment(name, sorted(self.config.environments)))
        return self.config.environments[name]

    def state_folder(self, environment: Environment) -> Path:
        """Where everything that is recorded of an environment lives."""
        return self.root / (environment.state or STATE_FOLDER) / environment.name

    def shown(self, path: Path) -> str:
        """A path as messages show it: relative to the project where it lies inside."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def find_project(folder: Path | None) -> Project:
    """The project in `folder`, or the nearest one upwards from here."""
    if folder is not None and not folder.is_dir():
        raise UsageError(
            error(
                "no-such-folder", "The folder does not exist", f"--dir names {folder}.", hint="check the path"
            )
        )
    root = folder.resolve() if folder else root_from(Path.cwd())
    return Project(root, load_config(root))


def root_from(folder: Path) -> Path:
    """The folder of the nearest project upwards; the folder itself where there is none."""
    here = folder.resolve()
    return next((each for each in (here, *here.parents) if _is_project(each)), here)


def _is_project(folder: Path) -> bool:
    return (folder / CONFIG_FILE).is_file() or (folder / "catalogs").is_dir()


def _is_catalog(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith(".")


def _no_catalog(folder: Path) -> Diagnostic:
    return error(
        "no-catalog",
        "There is no catalog here",
        f"{folder} holds no folder with manifests.",
        hint="start one with `stripectl init`, or name the project with --dir",
    )


def _unknown_catalog(name: str, known: Sequence[str]) -> Diagnostic:
    return error(
        "unknown-catalog",
        "There is no such catalog",
        f"{name} was asked for; there are: {', '.join(known)}.",
        hint=did_you_mean(name, known) or "name one of them with --catalog",
    )


def _unknown_environment(name: str, known: list[str]) -> Diagnostic:
    return error(
        "unknown-environment",
        "There is no such environment",
        f"{name} was asked for; there are: {', '.join(known)}.",
        hint=did_you_mean(name, known) or "name one of them with --env, or add it to stripectl.yaml",
    )
