"""The catalogs of a commit, read and mapped as those of the working tree are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from stripectl.cli.project import CONFIG_FILE, Project
from stripectl.cli.repository import Tree
from stripectl.diagnostics import Diagnostic, Severity
from stripectl.engine.comparing import Version
from stripectl.manifest.config import catalogs_folder_in
from stripectl.manifest.load import SUFFIXES, load_documents, unreadable
from stripectl.manifest.yaml_source import MAX_BYTES, Document, read_bytes, too_large
from stripectl.providers.stripe.mapping import map_catalog


@dataclass(frozen=True, slots=True)
class Catalogs:
    """What a commit holds below its folder of catalogs."""

    tree: Tree
    folder: str
    """Of the catalogs, from the project's folder."""
    files: Mapping[str, tuple[str, ...]]
    """Name of a catalog -> its manifests; a catalog without one is not there."""


def catalogs_of(project: Project, tree: Tree) -> Catalogs:
    """The catalogs of a commit, in the folder that its own config names."""
    config = dict(_documents(tree, (CONFIG_FILE,))).get(CONFIG_FILE)
    folder = project.config.catalogs_folder
    if config is not None:
        folder = catalogs_folder_in(config, folder)
    files: dict[str, list[str]] = defaultdict(list)
    for path in tree.files(folder):
        inside = PurePosixPath(path).relative_to(folder)
        if len(inside.parts) > 1 and _is_manifest(inside):
            files[inside.parts[0]].append(path)
    return Catalogs(tree, folder, {name: tuple(found) for name, found in sorted(files.items())})


def _is_manifest(path: PurePosixPath) -> bool:
    return path.suffix in SUFFIXES and not any(part.startswith(".") for part in path.parts)


def version_of(catalogs: Catalogs, name: str) -> tuple[Version, tuple[Diagnostic, ...]]:
    """What a catalog declared, and what there is to say of it; nothing where it was not there.

    What is wrong with the base does not forbid what follows it: errors become warnings.
    """
    tree = catalogs.tree
    files = catalogs.files.get(name, ())
    if not files:
        return Version(tree.name, tree.commit), (_not_there(catalogs, name),)
    documents = [document for _, document in _documents(tree, files)]
    loaded = load_documents(name, documents, f"{tree.ref}:{catalogs.folder}/{name}")
    problems = tuple(each for each in loaded.diagnostics if each.is_error)
    mapped = map_catalog(loaded.catalog)
    version = Version(tree.name, tree.commit, mapped.desired, mapped.annotations)
    if not problems:
        return version, ()
    told = (replace(each, severity=Severity.WARNING) for each in problems)
    return version, (_invalid(tree, name, len(problems)), *told)


def _documents(tree: Tree, paths: tuple[str, ...]) -> Iterator[tuple[str, Document]]:
    """Path and content of each file that the commit has, under the name `REF:PATH`."""
    entries = tree.entries(paths)
    files = {path: each for path, each in entries.items() if each.sort == "blob"}
    contents = tree.contents(each for each in files.values() if each.size <= MAX_BYTES)
    for path in paths:
        shown = f"{tree.ref}:{path}"
        if path not in entries:
            yield (
                path,
                unreadable(shown, "it is not in this clone, or a link that leads out of the repository"),
            )
        elif path in files:
            content = contents.get(files[path].object_id)
            yield path, too_large(shown) if content is None else read_bytes(shown, content)


def _not_there(catalogs: Catalogs, name: str) -> Diagnostic:
    # Without any catalog there the project may have moved, and a price that changes would look new.
    return Diagnostic(
        Severity.INFO if catalogs.files else Severity.WARNING,
        "base-empty",
        "The base does not have the catalog",
        f"{catalogs.tree.name} holds no manifest in {catalogs.folder}/{name}: all of it is shown as new. What"
        " lies elsewhere there, as before a folder was moved or in a submodule, is not compared.",
    )


def _invalid(tree: Tree, name: str, number: int) -> Diagnostic:
    problems = "one problem" if number == 1 else f"{number:,} problems"
    return Diagnostic(
        Severity.WARNING,
        "base-invalid",
        "The base is not valid",
        f"{tree.name} has {problems} in {name}. What cannot be read of it counts as not declared there, so it"
        " may be shown as new.",
        hint="compare with a valid commit by --base, or read the changes with that in mind",
    )
