"""GitHub's REST API as far as the action needs it; a GraphQL query for what REST does not tell.

What is tried again: reading and updating. Creating is not, because an answer that was lost may have been a
success; who creates looks first whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from stripectl.action.runner import Runner
from stripectl.diagnostics import Diagnostic, StripectlError, error

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

SECONDS = 30
PAGE = 100
"""Entries a page: as many as GitHub gives."""

MOST_PAGES = 50
TRIES = 4
BUSY = (429, 500, 502, 503, 504)
"""Answers after which the same request may succeed."""

Entry: TypeAlias = Mapping[str, object]


class Refused(StripectlError):
    """GitHub said no, or nothing at all."""

    def __init__(self, told: Diagnostic, status: int | None) -> None:
        super().__init__(told)
        self.status = status

    @property
    def forbidden(self) -> bool:
        """The token may not do this, as that of a pull request from a fork."""
        return self.status in (401, 403, 404)

    @property
    def passing(self) -> bool:
        """Trying again may help."""
        return self.status is None or self.status in BUSY


@dataclass(frozen=True, slots=True)
class GitHub:
    """One repository, with the rights of one token."""

    api: str
    graphql: str
    repository: str
    token: str = field(repr=False)
    session: Session = field(repr=False)

    def read(self, path: str, **query: str | int) -> object:
        """The answer below `/repos/OWNER/NAME/`; raises Refused."""
        return self._asked("GET", f"{self.api}/repos/{self.repository}/{path}", query=query)

    def pages(self, path: str, **query: str | int) -> Iterator[Entry]:
        """Every entry of a list, page by page; raises Refused for an answer that is none."""
        for page in range(1, MOST_PAGES + 1):
            found = self.read(path, **query, per_page=PAGE, page=page)
            if not isinstance(found, list):
                # No comment in it would be taken for no comment at all, and a second one be made.
                raise Refused(_refused("GET", path, "the answer was not understood"), 200)
            yield from (each for each in found if isinstance(each, dict))
            if len(found) < PAGE:
                return

    def write(self, method: str, path: str, body: Mapping[str, str]) -> Entry:
        """Create with POST, update with PATCH; raises Refused."""
        return _entry(self._asked(method, f"{self.api}/repos/{self.repository}/{path}", body=body))

    def viewer(self) -> str:
        """The login that the token writes under, which only GraphQL tells for a job's own token."""
        login = _entry(self.query("query { viewer { login } }").get("viewer")).get("login")
        if not isinstance(login, str) or not login:
            raise Refused(_refused("POST", self.graphql, "it does not tell whose token this is"), 200)
        return login

    def query(self, text: str, **variables: str) -> Entry:
        """The data of a GraphQL query; raises Refused."""
        answer = _entry(self._asked("POST", self.graphql, body={"query": text, "variables": variables}))
        if answer.get("errors"):
            raise Refused(_refused("POST", self.graphql, "the query was not answered"), 200)
        return _entry(answer.get("data"))

    def _asked(
        self, method: str, url: str, *, query: Mapping[str, str | int] | None = None, body: object = None
    ) -> object:
        from requests import RequestException

        try:
            answer = self.session.request(method, url, params=query, json=body, timeout=SECONDS)
        except RequestException as problem:
            # The text of the problem may repeat what was sent; its sort says enough.
            raise Refused(_refused(method, url, type(problem).__name__), None) from None
        if not answer.ok:
            raise Refused(_refused(method, url, _why(answer, self.token)), answer.status_code)
        return _json(answer)


def github(runner: Runner, token: str) -> GitHub:
    """The repository of the job; raises Refused where there is no token."""
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    api = runner.get("GITHUB_API_URL") or "https://api.github.com"
    if not token:
        raise Refused(_untokened("The action was given no token."), 401)
    if not (token.isascii() and token.isprintable()):
        raise Refused(_untokened("What the action was given as token holds signs that no token has."), 401)

    def signed(request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    session = Session()
    # Set as `auth`, so that no .netrc takes its place.
    session.auth = signed
    session.headers["Accept"] = "application/vnd.github+json"
    session.headers["X-GitHub-Api-Version"] = "2022-11-28"
    again = Retry(
        TRIES - 1,
        status_forcelist=BUSY,
        allowed_methods=("GET", "PATCH"),
        backoff_factor=0.5,
        # It may ask for an hour, which a comment is not worth.
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=again))
    graphql = runner.get("GITHUB_GRAPHQL_URL") or f"{api}/graphql"
    # A query is posted, too, but reads.
    session.mount(graphql, HTTPAdapter(max_retries=again.new(allowed_methods=("POST",))))
    return GitHub(api, graphql, runner.repository, token, session)


def _entry(value: object) -> Entry:
    return value if isinstance(value, dict) else {}


def _json(answer: Response) -> object:
    try:
        found: object = answer.json()
    except (ValueError, RecursionError):
        return None
    return found


def _why(answer: Response, token: str) -> str:
    told = str(_entry(_json(answer)).get("message") or "")
    return f"{answer.status_code} {told.replace(token, '…')[:200]}".strip()


def _untokened(why: str) -> Diagnostic:
    return error(
        "no-token",
        "GitHub cannot be asked without a token",
        why,
        hint="pass `token: ${{ github.token }}`, which is the default, or leave out what writes to GitHub",
    )


def _refused(method: str, url: str, why: str) -> Diagnostic:
    return error(
        "github-refused",
        "GitHub did not do what was asked",
        f"{method} {url}: {why}.",
        hint="check the `permissions:` of the job, and the token that the action was given",
    )
