"""Load a catalog: every file, every problem, in one run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from stripectl.diagnostics import Diagnostic, InvalidInput, Location, Path, by_importance, error
from stripectl.files import start_of
from stripectl.manifest.agreement import Readable
from stripectl.manifest.assemble import assemble
from stripectl.manifest.compose import MOST_PROBLEMS, too_many
from stripectl.manifest.schemas import conforms
from stripectl.manifest.sections import artifact_path
from stripectl.manifest.yaml_source import MAX_BYTES, Document, read_bytes, read_text
from stripectl.pricing.checks import check
from stripectl.pricing.model import Catalog

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A catalog and what there is to say about it."""

    readable: Readable
    diagnostics: tuple[Diagnostic, ...]
    """Errors first, then by place."""

    @property
    def catalog(self) -> Catalog:
        """What could be read; complete and sound only when no diagnostic is an error."""
        return self.readable.catalog


def load_catalog(folder: FilePath, *, root: FilePath) -> Loaded:
    """Load all YAML files below `folder`, in the order of their names; the catalog is called like the folder.

    Files are named relative to `root` in diagnostics. Raises InvalidInput when the folder cannot be read; bad
    content of files never raises. See `read_file` for links.
    """
    within = repository_of(root)
    documents = [read_file(path, _shown(path, root), within) for path in _manifests(folder, root)]
    return load_documents(folder.absolute().name, documents, _shown(folder, root))


def _real(path: FilePath) -> FilePath:
    # Path.resolve raises for links that lead in a circle.
    return FilePath(os.path.realpath(path))


def _astray(path: FilePath, real: FilePath, within: FilePath) -> str | None:
    """Why what is behind a link is not read; None where it may be, and for what is behind none."""
    if real == FilePath(os.path.abspath(path)):  # noqa: PTH100
        return None
    if not real.is_relative_to(within):
        return "it is a link that leads out of the repository"
    hidden = any(part.startswith(".") for part in real.relative_to(within).parts)
    if hidden or (real.suffix not in SUFFIXES and real.exists()):
        return "it is a link to a file of the repository that is no manifest"
    return None


def repository_of(root: FilePath) -> FilePath:
    """The nearest folder above that git keeps; the project's own without one."""
    folder = root.resolve()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def load_texts(name: str, texts: Mapping[str, str]) -> Loaded:
    """Load a catalog from texts: the file name to show -> its content."""
    return load_documents(name, [read_text(file, text) for file, text in texts.items()], name)


def load_documents(name: str, documents: list[Document], shown: str) -> Loaded:
    """Load a catalog from files that were read already; `shown` is what its folder is called."""
    read = tuple(document for document in documents if document.top is not None)
    found = {each.file: _departures(each) for each in read}
    usable = tuple(each for each in read if len(found[each.file]) < MOST_PROBLEMS)
    diagnostics = [each for document in documents for each in document.diagnostics]
    diagnostics += (each for departures in found.values() for _, each in departures)
    diagnostics += (too_many(each.file) for each in read if each not in usable)
    if not documents:
        diagnostics.append(_empty(shown))
    parts = [(each, frozenset(_broken_part(path) for path, _ in found[each.file])) for each in usable]
    readable, told = assemble(name, parts, partial=len(usable) < len(documents))
    diagnostics += told
    diagnostics += readable.agreed(check)
    return Loaded(readable, by_importance(diagnostics))


def _departures(document: Document) -> tuple[tuple[Path, Diagnostic], ...]:
    assert document.top is not None
    if conforms("manifest")(document.top):
        return ()
    # jsonschema takes a tenth of a second to import, and sound manifests do not need it.
    from stripectl.manifest.explain import departures

    return departures("manifest", document.file, document.top)


def _broken_part(path: Path) -> Path:
    return artifact_path(path) or path[:1]


def _empty(shown: str) -> Diagnostic:
    return error(
        "catalog-empty",
        "The catalog holds no manifest",
        f"No file in {shown} ends in {' or '.join(SUFFIXES)}.",
        hint="write a first manifest there, or run stripectl init",
        source=Location(shown),
    )


def _shown(path: FilePath, root: FilePath) -> str:
    try:
        return path.absolute().relative_to(root.absolute()).as_posix()
    except ValueError:
        return path.as_posix()


def _manifests(folder: FilePath, root: FilePath) -> list[FilePath]:
    try:
        return sorted(_walk(folder))
    except OSError as problem:
        raise InvalidInput(
            error(
                "folder-unreadable",
                "The folder of a catalog cannot be read",
                f"{_shown(folder, root)}: {problem.strerror or problem}.",
                hint="check the name of the catalog and the permissions of its folder",
                source=Location(_shown(folder, root)),
            )
        ) from None


def _walk(folder: FilePath) -> Iterator[FilePath]:
    # Folders may stand in each other deeper than a function may call itself.
    folders = [folder]
    while folders:
        for path in folders.pop().iterdir():
            if path.name.startswith("."):
                continue
            if path.is_dir() and not path.is_symlink():
                folders.append(path)
            elif path.suffix in SUFFIXES and not path.is_dir():
                yield path


def read_file(path: FilePath, shown: str, within: FilePath) -> Document:
    """Read one YAML file, called `shown` in diagnostics. Never raises.

    A link is followed to another YAML file of the repository `within` alone: whoever proposes a change must
    not have files quoted that are none of theirs, such as the key that a checkout left in `.git`.
    """
    try:
        real = _real(path)
        if reason := _astray(path, real, within):
            return unreadable(shown, reason)
        # One byte more than allowed is enough to know that there is too much.
        return read_bytes(shown, start_of(real, MAX_BYTES + 1))
    except OSError as problem:
        return unreadable(shown, problem.strerror or type(problem).__name__)


def unreadable(shown: str, reason: str) -> Document:
    """A file that cannot be read, for `reason`."""
    diagnostic = error(
        "file-unreadable",
        "A file cannot be read",
        f"{shown}: {reason}.",
        hint="check its permissions, or move it out of the catalog",
        source=Location(shown),
    )
    return Document(shown, None, (diagnostic,))
