"""GitHub's API as the action uses it, behind HTTP: comments, issues, pull requests, and who a token is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT, FORK, ANN = "github-actions[bot]", "fork", "ann"

TOKENS: Mapping[str, tuple[str, bool]] = {
    "ghs_job": (BOT, True),
    "ghs_fork": (BOT, False),
    "ghp_ann": (ANN, True),
}
"""Token -> whose it is, and whether it may write."""

LIMIT = 65_536

Answer = tuple[int, object]


@dataclass
class Fault:
    """An answer that goes wrong, once."""

    method: str
    path: str
    """Pattern of the path."""
    status: int = 502
    after: bool = False
    """Whether what was asked for is done all the same."""


@dataclass
class Octo:
    """One repository, `acme/shop`."""

    url: str = ""
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By id; each knows its pull request under `pull`."""
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    merged: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    """Commit -> pull requests that have it."""
    editors: dict[str, str] = field(default_factory=dict)
    """Node of a comment -> who edited it last."""
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    def comment(self, pull: int, text: str, author: str = BOT) -> dict[str, Any]:
        number = next(self.numbers)
        made = {
            "id": number,
            "node_id": f"IC_{number}",
            "body": text,
            "user": user(author),
            "html_url": f"https://github.example/acme/shop/pull/{pull}#issuecomment-{number}",
            "issue_url": f"{self.url}/repos/acme/shop/issues/{pull}",
            "pull": pull,
        }
        self.comments[number] = made
        return made

    def issue(self, title: str, text: str, author: str = BOT, **more: object) -> dict[str, Any]:
        number = next(self.numbers)
        made = {
            "id": number + 1_000_000,
            "number": number,
            "node_id": f"I_{number}",
            "title": title,
            "body": text,
            "state": "open",
            "user": user(author),
            "html_url": f"https://github.example/acme/shop/issues/{number}",
            **more,
        }
        self.issues[number] = made
        return made

    def of(self, pull: int) -> list[dict[str, Any]]:
        return [each for each in self.comments.values() if each["pull"] == pull]

    def answer(self, method: str, target: str, token: str, body: dict[str, Any]) -> Answer:
        path = urlsplit(target).path
        self.requests.append(f"{method} {path}")
        for fault in self.faults:
            if fault.method == method and re.search(fault.path, path):
                self.faults.remove(fault)
                if fault.after:
                    self._routed(method, target, token, body)
                return fault.status, {"message": "Server Error"}
        return self._routed(method, target, token, body)

    def _routed(self, method: str, target: str, token: str, body: dict[str, Any]) -> Answer:
        if token not in TOKENS:
            return 401, {"message": "Bad credentials"}
        login, may_write = TOKENS[token]
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/graphql":
            return 200, {"data": self._queried(body, login)}
        if method != "GET" and not may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if len(body.get("body") or "") > LIMIT:
            return 422, {"message": "Validation Failed"}
        rest = path.removeprefix("/repos/acme/shop/")
        match method, *rest.split("/"):
            case "GET", "issues", number, "comments":
                return 200, page(self.of(int(number)), query)
            case "POST", "issues", number, "comments":
                return 201, self.comment(int(number), body["body"], login)
            case "PATCH", "issues", "comments", number:
                return 200, self._patched(self.comments[int(number)], body)
            case "GET", "issues":
                return 200, page([each for each in self.issues.values() if each["state"] == "open"], query)
            case "POST", "issues":
                return 201, self.issue(body["title"], body["body"], login)
            case "PATCH", "issues", number:
                return 200, self._patched(self.issues[int(number)], body)
            case "GET", "commits", commit, "pulls":
                return 200, page(self.merged.get(commit, []), query)
        return 404, {"message": "Not Found"}

    def _patched(self, entry: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        entry.update(body)
        return entry

    def _queried(self, body: dict[str, Any], login: str) -> dict[str, object]:
        if "viewer {" in body["query"]:
            return {"viewer": {"login": login}}
        node = body["variables"]["node"]
        entry = next(each for each in self.comments.values() if each["node_id"] == node)
        author = bare(entry["user"]["login"])
        editor = self.editors.get(node)
        return {
            "node": {
                "viewerDidAuthor": entry["user"]["login"] == login,
                "author": {"login": author},
                "editor": {"login": editor} if editor else None,
            }
        }


def user(login: str) -> dict[str, str]:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


def bare(login: str) -> str:
    """As GraphQL names an author."""
    return login.removesuffix("[bot]")


def page(entries: list[Any], query: Mapping[str, list[str]]) -> list[Any]:
    size, number = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
    return entries[size * (number - 1) : size * number]


@contextmanager
def serving() -> Iterator[Octo]:
    """A repository that answers until the block ends."""
    octo = Octo()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "{}")
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, found = octo.answer(self.command, self.path, token, body)
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status == 429:
                self.send_header("Retry-After", "3600")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815  as the server looks for them

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    octo.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield octo
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
