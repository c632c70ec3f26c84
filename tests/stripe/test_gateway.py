"""The edge: what the SDK is asked, what its errors become, and that reading never writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe

from stripectl.diagnostics import InvalidInput, ProviderError, scrubbed
from stripectl.engine.plan import Audience
from stripectl.engine.ports import Failure, RequestFailed, Sent
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Outcome, Request
from stripectl.engine.values import Ref
from stripectl.providers.stripe.gateway import API_VERSION, Gateway, operation
from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.limiter import Rates
from stripectl.providers.stripe.provider import StripeProvider
from stripectl.providers.stripe.retries import TRIES, UNMET
from tests.workbench import Clock

Asked: TypeAlias = tuple[str, str, Mapping[str, str]]
"""Method, path and parameters."""
Reply: TypeAlias = tuple[int, object]
"""Status and JSON body."""


class Scripted(stripe.HTTPClient):
    """Stands for the network: answers from a function, and remembers what it was asked."""

    name = "scripted"

    def __init__(self, answer: Callable[[Asked], Reply], headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.sent: list[Mapping[str, str]] = []
        self._answer = answer
        self._headers = {"Request-Id": "req_1", **(headers or {})}

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: str | None = None
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        asked = (method, parts.path, dict(parse_qsl(post_data or parts.query, keep_blank_values=True)))
        self.asked.append(asked)
        self.sent.append(headers or {})
        status, body = self._answer(asked)
        return body if isinstance(body, str) else json.dumps(body), status, self._headers

    def close(self) -> None:
        pass


def always(status: int, body: object, headers: Mapping[str, str] | None = None) -> Scripted:
    return Scripted(lambda _: (status, body), headers)


def refusal(**told: str) -> object:
    return {"error": {"type": "invalid_request_error", **told}}


def gateway(transport: stripe.HTTPClient, *, read_only: bool = False, key: str = "sk_test_1") -> Gateway:
    """Whose waiting takes no time."""
    ticks = Clock(0)
    return Gateway(key, transport=transport, read_only=read_only, clock=ticks, sleep=ticks.advance)


class Known(stripe.HTTPClient):
    """Tells whose the key is, and passes everything else on."""

    name = "known"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self._inner = inner

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: str | None = None
    ) -> tuple[object, int, Mapping[str, str]]:
        if urlsplit(url).path == "/v1/account":
            return json.dumps({"id": "acct_1"}), 200, {}
        answered: tuple[object, int, Mapping[str, str]] = self._inner.request(method, url, headers, post_data)
        return answered

    def close(self) -> None:
        pass


def provider_on(transport: stripe.HTTPClient, *, keep: bool = False) -> StripeProvider:
    return StripeProvider(gateway(Known(transport)), keep=keep)


def test_a_request_carries_the_version_the_key_and_the_idempotency_key() -> None:
    transport = always(200, {"id": "acme-pro"})
    reply = gateway(transport).post("/v1/products", {"name": "Pro", "images": ["a", "b"]}, "key-1")
    assert transport.asked == [("post", "/v1/products", {"name": "Pro", "images[0]": "a", "images[1]": "b"})]
    headers = transport.sent[0]
    assert headers["Stripe-Version"] == API_VERSION
    assert headers["Authorization"] == "Bearer sk_test_1"
    assert headers["Idempotency-Key"] == "key-1"
    assert "X-Stripe-Client-Telemetry" not in headers
    assert (reply.answer, reply.request_id) == ({"id": "acme-pro"}, "req_1")


def test_numbers_with_a_point_stay_exact() -> None:
    answer = gateway(always(200, '{"id": "c", "percent_off": 33.3}')).get("/v1/coupons/c").answer
    assert answer["percent_off"] == Decimal("33.3")


def test_a_list_is_read_page_after_page_with_what_has_to_be_expanded() -> None:
    def answer(asked: Asked) -> Reply:
        first = "starting_after" not in asked[2]
        ids = ["b", "c"] if first else ["a"]
        return 200, {"object": "list", "data": [{"id": each} for each in ids], "has_more": first}

    transport = Scripted(answer)
    found = list(gateway(transport).list_all("/v1/prices", {"active": "true"}, ("tiers",)))
    assert [each["id"] for each in found] == ["b", "c", "a"]
    query = {"active": "true", "limit": "100", "expand[0]": "data.tiers"}
    assert transport.asked == [
        ("get", "/v1/prices", query),
        ("get", "/v1/prices", {**query, "starting_after": "c"}),
    ]


@pytest.mark.parametrize(
    ("status", "failure", "code"),
    [
        (400, Failure.REFUSED, "stripe-refused"),
        (401, Failure.REFUSED, "stripe-key"),
        (402, Failure.REFUSED, "stripe-refused"),
        (403, Failure.REFUSED, "stripe-permission"),
        (404, Failure.REFUSED, "stripe-refused"),
        (409, Failure.CONFLICT, "stripe-conflict"),
        (429, Failure.LIMITED, "stripe-limited"),
        (500, Failure.SERVER, "stripe-server"),
        (503, Failure.SERVER, "stripe-server"),
    ],
)
def test_an_answer_says_what_may_be_done_next(status: int, failure: Failure, code: str) -> None:
    with pytest.raises(RequestFailed) as raised:
        gateway(always(status, refusal(message="No."))).get("/v1/products")
    assert raised.value.failure is failure
    assert raised.value.diagnostics[0].code == code


def test_a_refusal_keeps_code_parameter_message_and_request_id() -> None:
    transport = always(400, refusal(code="string_too_long", param="name", message="Too long."))
    with pytest.raises(RequestFailed) as raised:
        gateway(transport).post("/v1/products", {}, "key-1")
    assert raised.value.diagnostics[0].detail == (
        "POST /v1/products was answered: Too long."
        " (status 400, code string_too_long, parameter name, request req_1)"
    )


def test_a_parameter_under_a_used_key_is_refused() -> None:
    body = {"error": {"type": "idempotency_error", "message": "Keys are for one request."}}
    with pytest.raises(RequestFailed) as raised:
        gateway(always(400, body)).post("/v1/products", {}, "key-1")
    assert raised.value.failure is Failure.REFUSED


def test_a_page_of_html_instead_of_json_is_a_failure_of_the_server() -> None:
    with pytest.raises(RequestFailed) as raised:
        gateway(always(502, "<html>Bad gateway sk_live_abc</html>")).get("/v1/products")
    assert raised.value.failure is Failure.SERVER
    assert "sk_live_abc" not in raised.value.diagnostics[0].detail


def test_a_lost_connection_is_told_as_one() -> None:
    def lose(_: Asked) -> Reply:
        advice = "Long advice.\n\n(Network error: Connection reset)"
        raise stripe.APIConnectionError(advice)  # type: ignore[no-untyped-call]

    transport = Scripted(lose)
    with pytest.raises(RequestFailed) as raised:
        gateway(transport).get("/v1/products")
    assert raised.value.failure is Failure.CONNECTION
    assert raised.value.diagnostics[0].detail == (
        "GET /v1/products got no answer: (Network error: Connection reset)"
    )
    assert len(transport.asked) == UNMET.most


def test_a_connection_that_has_worked_is_given_more_time_to_come_back() -> None:
    answers = iter([(200, {"id": "acct_1"})])

    def answer(_: Asked) -> Reply:
        try:
            return next(answers)
        except StopIteration:
            raise stripe.APIConnectionError("Connection reset") from None  # type: ignore[no-untyped-call]

    transport = Scripted(answer)
    asking = gateway(transport)
    asking.get("/v1/account")
    with pytest.raises(RequestFailed):
        asking.get("/v1/account")
    assert len(transport.asked) == 1 + TRIES[Failure.CONNECTION].most


def test_a_key_never_reaches_a_message() -> None:
    transport = always(401, refusal(message="Invalid API Key provided: sk_live_51abc"))
    with pytest.raises(RequestFailed) as raised:
        gateway(transport, key="sk_live_51abc").get("/v1/products")
    assert "51abc" not in str(raised.value)
    assert scrubbed("rk_test_a1 and whsec_b2, task_a1") == "rk_… and whsec_…, task_a1"


@pytest.mark.parametrize("key", ["", "  ", "sk_test_1\nX: y", "sk_tést"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Gateway(key, transport=always(200, {}))
    assert raised.value.diagnostics[0].code == "stripe-key-unusable"
    assert "sk_" not in str(raised.value)


def test_what_only_reads_cannot_write() -> None:
    transport = always(200, {"id": "x", "object": "list", "data": [], "has_more": False})
    reading = gateway(transport, read_only=True)
    assert list(reading.list_all("/v1/products")) == []
    with pytest.raises(ProviderError) as posted:
        reading.post("/v1/products", {}, "key-1")
    with pytest.raises(ProviderError) as deleted:
        reading.delete("/v1/coupons/x")
    assert [each.value.diagnostics[0].code for each in (posted, deleted)] == ["read-only", "read-only"]
    assert [method for method, _, _ in transport.asked] == ["get"]


def test_what_is_missing_or_deleted_is_not_found() -> None:
    missing = refusal(code="resource_missing", message="No such product")
    assert gateway(always(404, missing)).find("/v1/products/x") is None
    assert gateway(always(200, {"id": "x", "deleted": True})).find("/v1/products/x") is None
    assert gateway(always(200, {"id": "x"})).find("/v1/products/x") == {"id": "x"}


def test_deleting_what_is_gone_counts_as_done() -> None:
    provider = provider_on(always(404, refusal(code="resource_missing", message="Gone.")))
    request = Request("delete", "/v1/coupons/acme-a%2Fb", {})
    assert provider.send(request, "key-1") == Outcome("acme-a/b", None)


def test_a_permission_that_is_missing_leaves_a_price_out_of_the_counts() -> None:
    def answer(asked: Asked) -> Reply:
        if asked[2]["price"] == "price_2":
            return 403, refusal(message="Not allowed.")
        return 200, {"data": [{"id": "sub_1"}, {"id": "sub_2"}], "has_more": False}

    transport = Scripted(answer)
    assert provider_on(transport).audience(["price_1", "price_2"]) == {"price_1": Audience(2, monthly={})}
    assert transport.asked[0] == (
        "get",
        "/v1/subscriptions",
        {"price": "price_1", "status": "active", "limit": "100"},
    )


@pytest.mark.parametrize(
    ("key", "livemode"), [("sk_test_1", False), ("rk_live_1", True), ("sk_live_1", True), ("other", True)]
)
def test_the_mode_is_what_the_key_says_and_live_where_it_says_nothing(key: str, *, livemode: bool) -> None:
    transport = always(200, {"id": "acct_1", "object": "anything", "data": []})
    account = StripeProvider(Gateway(key, transport=transport)).account()
    assert (account.id, account.livemode, account.api_version) == ("acct_1", livemode, API_VERSION)


def test_an_account_is_read_in_pages_and_not_object_by_object() -> None:
    transport = always(200, {"object": "list", "data": [], "has_more": False})
    assert provider_on(transport).observe(State()) == ()
    listings = sum(len(each.listings) for kind, each in ENDPOINTS.items() if kind != "product_feature")
    assert len(transport.asked) == listings == 8


@pytest.mark.parametrize(("keep", "times"), [(True, 1), (False, 2)])
def test_lists_are_read_once_where_several_catalogs_are_compared_with_them(*, keep: bool, times: int) -> None:
    transport = always(200, {"object": "list", "data": [], "has_more": False})
    provider = provider_on(transport, keep=keep)
    for _ in range(2):
        provider.observe(State())
    assert len(transport.asked) == 8 * times


def test_a_read_that_failed_in_passing_is_tried_again() -> None:
    answers = iter([(503, refusal(message="Not now.")), (200, {"id": "acct_1"})])
    transport = Scripted(lambda _: next(answers))
    assert gateway(transport).get("/v1/account").answer == {"id": "acct_1"}


@pytest.mark.parametrize("body", ["[]", "{}", '{"id": 7}', '"acct_1"', "<html>", '{"id": "acct'])
def test_an_answer_of_another_shape_is_a_failure_of_the_server(body: str) -> None:
    with pytest.raises(RequestFailed) as raised:
        gateway(always(200, body)).get("/v1/account")
    assert raised.value.failure is Failure.SERVER
    assert "req_1" in raised.value.diagnostics[0].detail


class Bytes(Scripted):
    """Answers with bytes, as a network does."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        body, status, told = super().request(method, url, headers, post_data)
        return body.encode("latin-1"), status, told


@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_is_no_utf_8_is_a_failure_of_the_server(status: int) -> None:
    transport = Bytes(lambda _: (status, "<h1>Passerelle défaillante</h1>"))
    with pytest.raises(RequestFailed) as raised:
        gateway(transport).get("/v1/account")
    assert raised.value.failure is Failure.SERVER
    assert len(transport.asked) == TRIES[Failure.SERVER].most


@pytest.mark.parametrize("body", [{"data": [1, None]}, {"data": [{}]}, {"data": {}}, []])
def test_a_list_of_something_else_than_objects_is_a_failure_of_the_server(body: object) -> None:
    with pytest.raises(RequestFailed) as raised:
        list(gateway(always(200, body)).list_all("/v1/products"))
    assert raised.value.failure is Failure.SERVER


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_refusal(status: int) -> None:
    with pytest.raises(RequestFailed) as raised:
        gateway(always(status, "")).post("/v1/products", {}, "key-1")
    assert (raised.value.failure, raised.value.diagnostics[0].code) == (Failure.REFUSED, "stripe-redirected")


def test_an_answer_that_asks_to_wait_for_long_is_told_instead_of_waited_for() -> None:
    transport = always(429, refusal(message="Later."), {"Retry-After": "3600"})
    with pytest.raises(RequestFailed) as raised:
        gateway(transport).get("/v1/account")
    assert (raised.value.failure, len(transport.asked)) == (Failure.LIMITED, 1)


def test_each_try_is_told_with_its_number_status_and_request_id() -> None:
    answers = iter([(429, refusal(message="Later.")), (200, {"id": "acme-pro"})])
    told: list[Sent] = []
    ticks = Clock(0)
    sending = Gateway(
        "sk_test_1",
        transport=Scripted(lambda _: next(answers)),
        on_sent=told.append,
        clock=ticks,
        sleep=ticks.advance,
    )
    sending.post("/v1/products", {"name": "Pro"}, "key-1")
    assert told == [
        Sent("POST", "/v1/products", 429, "req_1", 0, 1),
        Sent("POST", "/v1/products", 200, "req_1", 0, 2),
    ]


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v1/prices", "post /v1/prices"),
        ("/v1/prices/price_1", "post /v1/prices/{id}"),
        ("/v1/products/acme-pro/features", "post /v1/products/{id}/features"),
        ("/v1/billing/meters/mtr_1/deactivate", "post /v1/billing/meters/{id}/deactivate"),
        ("/v1/coupons/20%25", "post /v1/coupons/{id}"),
    ],
)
def test_an_endpoint_is_an_operation_for_whichever_object(path: str, endpoint: str) -> None:
    assert operation("post", path) == endpoint


def test_features_are_read_for_the_products_that_are_to_have_some() -> None:
    def answer(asked: Asked) -> Reply:
        products = [{"id": "acme-pro", "active": True, "name": "Pro"}, {"id": "acme-b", "active": True}]
        attached = [{"id": "prodft_1", "entitlement_feature": {"id": "feat_1"}}]
        data = {"/v1/products": products, "/v1/products/acme-pro/features": attached}.get(asked[1], [])
        return 200, {"data": data, "has_more": False}

    wanted = State.of(
        [
            Resource("product", "product.pro", {"name": "Pro"}, "acme-pro"),
            Resource("product", "product.new", {"name": "New"}, "acme-new"),
            Resource("product_feature", "product_feature.pro.sso", {"product": Ref("product.pro")}),
            Resource("product_feature", "product_feature.new.sso", {"product": Ref("product.new")}),
        ]
    )
    transport = Scripted(answer)
    found = provider_on(transport).observe(wanted)
    assert [each.fields for each in found if each.kind == "product_feature"] == [
        {"product": "acme-pro", "entitlement_feature": "feat_1"}
    ]
    assert [path for _, path, _ in transport.asked if path.endswith("/features")] == [
        "/v1/entitlements/features",
        "/v1/entitlements/features",
        "/v1/products/acme-pro/features",
    ]


class Slept:
    """A gateway on a script, its waits, and how fast it may still go."""

    def __init__(self, transport: Scripted) -> None:
        self.waits: list[float] = []
        self.ticks = Clock(0)
        rates = Rates(overall=20, per_endpoint=20)
        self.gateway = Gateway(
            "sk_test_1",
            transport=transport,
            rates=rates,
            clock=self.ticks,
            sleep=self.sleep,
            chance=lambda: 1.0,
        )

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.ticks.advance(seconds)

    def rates(self) -> tuple[float | None, float | None]:
        """Requests a second overall, and to products."""
        limiter = self.gateway._limiter
        return limiter._overall.rate, limiter._endpoints["post /v1/products"].rate


@pytest.mark.parametrize(
    ("reason", "code", "rates"),
    [
        ("global-rate", "rate_limit", (10, 20)),
        ("endpoint-rate", "rate_limit", (20, 10)),
        ("global-concurrency", "rate_limit", (20, 20)),
        ("endpoint-concurrency", "rate_limit", (20, 20)),
        ("resource-specific", "rate_limit", (20, 20)),
        ("", "lock_timeout", (20, 20)),
        ("", "", (20, 10)),
        ("unheard-of", "rate_limit", (20, 10)),
    ],
)
def test_a_429_slows_down_what_came_too_often_and_nothing_else(
    reason: str, code: str, rates: tuple[float, float]
) -> None:
    headers = {"Stripe-Rate-Limited-Reason": reason} if reason else {}
    told = {"message": "Later.", **({"code": code} if code else {})}
    answers = iter([(429, refusal(**told)), (200, {"id": "acme-pro"})])
    slept = Slept(Scripted(lambda _: next(answers), headers))
    assert slept.gateway.post("/v1/products", {}, "key-1").answer["id"] == "acme-pro"
    assert slept.waits[0] == 0.5
    assert slept.rates() == rates


def test_an_object_that_is_busy_is_waited_for_as_long_as_the_answer_says() -> None:
    answers = iter([(429, refusal(code="lock_timeout", message="Busy.")), (200, {"id": "acme-pro"})])
    slept = Slept(Scripted(lambda _: next(answers), {"Retry-After": "7"}))
    slept.gateway.post("/v1/products", {}, "key-1")
    assert slept.waits == [7]


SURVIVABLE = [(409, Failure.CONFLICT), (500, Failure.SERVER), (429, Failure.LIMITED)]


@pytest.mark.parametrize(("status", "failure"), SURVIVABLE)
@pytest.mark.parametrize("again", ["true", "false", None])
def test_an_answer_that_says_not_to_try_again_is_obeyed_but_for_a_429(
    status: int, failure: Failure, again: str | None
) -> None:
    headers = {"Stripe-Should-Retry": again} if again else {}
    transport = always(status, refusal(message="No."), headers)
    with pytest.raises(RequestFailed) as raised:
        gateway(transport).post("/v1/products", {}, "key-1")
    assert raised.value.failure is failure
    obeyed = again == "false" and failure is not Failure.LIMITED
    assert len(transport.asked) == (1 if obeyed else TRIES[failure].most)
    assert {each["Idempotency-Key"] for each in transport.sent} == {"key-1"}


def test_a_server_that_will_not_be_tried_again_is_still_given_the_time_that_it_would_have_had() -> None:
    waits = []
    for again in ("true", "false"):
        slept = Slept(always(500, refusal(message="No."), {"Stripe-Should-Retry": again}))
        with pytest.raises(RequestFailed):
            slept.gateway.post("/v1/products", {}, "key-1")
        waits.append(sum(slept.waits))
    assert waits == [7, 7]


def test_a_refusal_is_final_whatever_it_says_of_another_try() -> None:
    transport = always(400, refusal(message="No."), {"Stripe-Should-Retry": "true"})
    with pytest.raises(RequestFailed):
        gateway(transport).post("/v1/products", {}, "key-1")
    assert len(transport.asked) == 1
