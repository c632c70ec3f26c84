"""Products: their ids, texts, default price, and how they end."""

from __future__ import annotations

from tests.live.answers import dig
from tests.live.asking import Asking, Tries, sold
from tests.live.probe import REFUSED, Grade, Probe, Seen

PRODUCTS = "/v1/products"
URL = "https://example.com/"


def _chosen_id(ask: Asking) -> Seen:
    chosen = ask.unique()
    first = ask.post(PRODUCTS, {"id": chosen, "name": chosen})
    return {
        "the id is the chosen one": first.at("id") == chosen,
        "the same id once more": ask.post(PRODUCTS, {"id": chosen, "name": chosen}).outcome,
    }


def _id_after_deletion(ask: Asking) -> Seen:
    product = ask.product()
    ask.delete(f"{PRODUCTS}/{product}")
    return {"made again": ask.post(PRODUCTS, {"id": product, "name": product}).outcome}


def _deletion(ask: Asking) -> Seen:
    product = ask.product()
    return {
        "deleted": ask.delete(f"{PRODUCTS}/{product}").at("deleted"),
        "read after that": ask.get(f"{PRODUCTS}/{product}").outcome,
        "deleted once more": ask.delete(f"{PRODUCTS}/{product}").outcome,
    }


def _deletion_with_prices(ask: Asking) -> Seen:
    product = ask.product()
    price = ask.price(product)
    active = ask.delete(f"{PRODUCTS}/{product}").outcome
    ask.post(f"/v1/prices/{price}", {"active": False})
    return {
        "with an active price": active,
        "with an archived price": ask.delete(f"{PRODUCTS}/{product}").outcome,
    }


def _missing_name(ask: Asking) -> Seen:
    return {"without a name": ask.post(PRODUCTS, {}).outcome}


def _archived_with_prices(ask: Asking) -> Seen:
    product = ask.product()
    price = ask.price(product)
    ask.post(f"{PRODUCTS}/{product}", {"active": False})
    made = ask.post("/v1/prices", sold(product))
    return {
        "its price is active": ask.get(f"/v1/prices/{price}").at("active"),
        "a new price of it": made.outcome,
    }


def _blanks(ask: Asking) -> Seen:
    sent = {
        "name": "  Pro ",
        "statement_descriptor": " PRO DESC ",
        "description": " d ",
        "unit_label": " seat ",
        "metadata": {"note": " n "},
        "marketing_features": [{"name": " fast "}],
    }
    body = ask.made(PRODUCTS, sent)
    return {
        "name": body.get("name"),
        "statement descriptor": body.get("statement_descriptor"),
        "marketing feature": dig(body, "marketing_features", 0, "name"),
        "description": body.get("description"),
        "unit label": body.get("unit_label"),
        "metadata": dig(body, "metadata", "note"),
        "a name of blanks alone": ask.post(PRODUCTS, {"name": "  "}).outcome,
    }


CLEARABLE = ("description", "images", "marketing_features", "tax_code", "unit_label", "url")


def _cleared_texts(ask: Asking) -> Seen:
    product = ask.product(
        description="d",
        images=[f"{URL}i.png"],
        marketing_features=[{"name": "f"}],
        tax_code="txcd_10103000",
        unit_label="seat",
        url=URL,
    )
    answers = {name: ask.post(f"{PRODUCTS}/{product}", {name: ""}) for name in CLEARABLE}
    return {
        name.replace("_", " "): answer.outcome if not answer.ok else answer.at(name)
        for name, answer in answers.items()
    }


def _kept_texts(ask: Asking) -> Seen:
    product = ask.product(statement_descriptor="DESC")
    return {
        "name": ask.post(f"{PRODUCTS}/{product}", {"name": ""}).outcome,
        "statement descriptor": ask.post(f"{PRODUCTS}/{product}", {"statement_descriptor": ""}).outcome,
    }


def _address(length: int) -> str:
    return URL + "a" * (length - len(URL))


def _urls(ask: Asking) -> Seen:
    product = ask.product()
    tries: Tries = {
        "url of 799": {"url": _address(799)},
        "url of 800": {"url": _address(800)},
        "image of 2048": {"images": [_address(2048)]},
        "image of 2049": {"images": [_address(2049)]},
        "a word": {"url": "pro"},
    }
    return ask.outcomes(f"{PRODUCTS}/{product}", tries)


def _lengths(ask: Asking) -> Seen:
    product = ask.product()
    tries: Tries = {
        "name of 5000": {"name": "n" * 5000},
        "name of 5001": {"name": "n" * 5001},
        "description of 40000": {"description": "d" * 40_000},
        "description of 40001": {"description": "d" * 40_001},
        "unit label of 12": {"unit_label": "u" * 12},
        "unit label of 13": {"unit_label": "u" * 13},
        "statement descriptor of 22": {"statement_descriptor": "S" * 22},
        "statement descriptor of 23": {"statement_descriptor": "S" * 23},
        "8 images": {"images": [f"{URL}{n}.png" for n in range(8)]},
        "9 images": {"images": [f"{URL}{n}.png" for n in range(9)]},
        "15 marketing features": {"marketing_features": [{"name": f"f{n}"} for n in range(15)]},
        "16 marketing features": {"marketing_features": [{"name": f"f{n}"} for n in range(16)]},
    }
    return ask.outcomes(f"{PRODUCTS}/{product}", tries)


def _descriptor(ask: Asking) -> Seen:
    product = ask.product()
    sent = {"without a letter": "1234567", "with a quote": "it's me", "with an angle": "a<b"}
    return {
        name: ask.post(f"{PRODUCTS}/{product}", {"statement_descriptor": text}).outcome
        for name, text in sent.items()
    }


def _members(ask: Asking) -> Seen:
    size = {"height": 1, "length": 2, "weight": 3, "width": 4}
    body = ask.made(
        PRODUCTS, {"name": "Full", "tax_code": "txcd_10103000", "package_dimensions": size, "shippable": True}
    )
    return {
        "attributes": body.get("attributes", "absent"),
        "tax details": dig(body, "tax_details", "tax_code"),
        "package dimensions": body.get("package_dimensions") == {k: float(v) for k, v in size.items()},
        "type": body.get("type"),
    }


def _metadata(ask: Asking) -> Seen:
    product = ask.product(metadata={"a": "1", "b": "2"})
    ask.post(f"{PRODUCTS}/{product}", {"metadata": {"a": "", "c": "3"}})
    kept = ask.get(f"{PRODUCTS}/{product}").at("metadata")
    tries = {
        "a key of 40": {"k" * 40: "v"},
        "a key of 41": {"k" * 41: "v"},
        "a value of 500": {"long": "v" * 500},
        "a value of 501": {"long": "v" * 501},
        "51 keys": {f"key{n}": "v" for n in range(51)},
    }
    outcomes = ask.outcomes(
        f"{PRODUCTS}/{product}", {name: {"metadata": sent} for name, sent in tries.items()}
    )
    return {
        "a key that was set to nothing": dig(kept, "a"),
        "a key that was not named": dig(kept, "b"),
        "a new key": dig(kept, "c"),
        **outcomes,
    }


PROBES = (
    Probe(
        "product-id",
        "A product takes an id of our choice, and an id is taken once.",
        Grade.DOCUMENTED,
        "API reference, products",
        "ids are `<catalog>-<id>`, the same in every account",
        _chosen_id,
        {"the id is the chosen one": True, "the same id once more": REFUSED},
    ),
    Probe(
        "product-id-after-deletion",
        "The id of a deleted product can be used again.",
        Grade.UNKNOWN,
        "no source",
        "a refusal is told and stops the apply; nothing depends on either answer",
        _id_after_deletion,
    ),
    Probe(
        "product-deletion",
        "A product that never had a price can be deleted; after that it is missing.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "undoing a creation deletes the product",
        _deletion,
        {
            "deleted": True,
            "read after that": "refused 404, code resource_missing, param id",
            "deleted once more": REFUSED,
        },
    ),
    Probe(
        "product-deletion-with-prices",
        "A product that ever had a price cannot be deleted; the refusal names no code and no parameter.",
        Grade.RECORDED,
        "an exchange of 2026-09; archived prices documented",
        "products are archived",
        _deletion_with_prices,
        {"with an active price": "refused 400", "with an archived price": REFUSED},
    ),
    Probe(
        "product-name-missing",
        "A product needs a name; the refusal names code and parameter.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "a name is required by the format",
        _missing_name,
        {"without a name": "refused 400, code parameter_missing, param name"},
    ),
    Probe(
        "product-archived-prices",
        "Archiving a product leaves its prices active.",
        Grade.CLAIMED,
        "several projects met active prices on archived products",
        "prices of an archived product are archived by steps of their own",
        _archived_with_prices,
        {"its price is active": True},
    ),
    Probe(
        "product-blanks",
        "Blanks around are stripped from name, statement descriptor and marketing features of a product,"
        " not from description, unit label and metadata.",
        Grade.CLAIMED,
        "differential tests of other projects",
        "names are compared as they will be stored",
        _blanks,
        {
            "name": "Pro",
            "statement descriptor": "PRO DESC",
            "marketing feature": "fast",
            "description": " d ",
            "unit label": " seat ",
            "metadata": " n ",
        },
    ),
    Probe(
        "product-texts-clear",
        "An empty string clears description, images, marketing features, tax code, unit label and url.",
        Grade.DOCUMENTED,
        "API description: `Literal['']` in the types",
        "a field that a manifest leaves out is cleared",
        _cleared_texts,
        {
            "description": None,
            "images": [],
            "marketing features": [],
            "tax code": None,
            "unit label": None,
            "url": None,
        },
    ),
    Probe(
        "product-texts-keep",
        "Name and statement descriptor of a product cannot be cleared.",
        Grade.DOCUMENTED,
        "API description: no `Literal['']` in the types",
        "the format asks for a name; a statement descriptor stays once it was set",
        _kept_texts,
        {"name": REFUSED, "statement descriptor": REFUSED},
    ),
    Probe(
        "product-urls",
        "The url of a product has 799 characters at most, each image 2,048.",
        Grade.CLAIMED,
        "differential tests of other projects",
        "`validate` refuses more",
        _urls,
        {
            "url of 799": "accepted",
            "url of 800": REFUSED,
            "image of 2048": "accepted",
            "image of 2049": REFUSED,
        },
    ),
    Probe(
        "product-lengths",
        "Texts and lists of a product have the documented lengths.",
        Grade.DOCUMENTED,
        "API description: maxLength, and the reference",
        "`validate` refuses more",
        _lengths,
        {
            "name of 5000": "accepted",
            "name of 5001": REFUSED,
            "description of 40000": "accepted",
            "description of 40001": REFUSED,
            "unit label of 12": "accepted",
            "unit label of 13": REFUSED,
            "statement descriptor of 22": "accepted",
            "statement descriptor of 23": REFUSED,
            "8 images": "accepted",
            "9 images": REFUSED,
            "15 marketing features": "accepted",
            "16 marketing features": REFUSED,
        },
    ),
    Probe(
        "product-statement-descriptor",
        "A statement descriptor has a letter and none of `< > \\ ' \" *`.",
        Grade.DOCUMENTED,
        "API reference, products",
        "`validate` refuses others",
        _descriptor,
        {
            "without a letter": REFUSED,
            "with a quote": REFUSED,
            "with an angle": REFUSED,
        },
    ),
    Probe(
        "product-members",
        "Answers of 2026 have `attributes` and `tax_details`; a package's size is kept.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "the normaliser knows them and does not tell of them",
        _members,
        {"attributes": [], "tax details": "txcd_10103000", "package dimensions": True, "type": "service"},
    ),
    Probe(
        "metadata",
        "Metadata is set key by key, an empty value unsets; 50 keys of 40 characters with values of 500.",
        Grade.DOCUMENTED,
        "API reference, metadata",
        "marks are set without touching foreign keys; bindings are held to the limits",
        _metadata,
        {
            "a key that was set to nothing": "absent",
            "a key that was not named": "2",
            "a new key": "3",
            "a key of 40": "accepted",
            "a key of 41": REFUSED,
            "a value of 500": "accepted",
            "a value of 501": REFUSED,
            "51 keys": REFUSED,
        },
    ),
)
