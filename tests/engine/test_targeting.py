"""A plan of a part: the targets with what they need; all else stays as it is."""

from __future__ import annotations

from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref
from tests.engine.builders import D, actions, codes, held, plan, price, product

PRO, LITE = product(), product("lite")


def test_a_target_takes_along_what_it_refers_to_and_nothing_else() -> None:
    made = plan([PRO, LITE, price(), price("yearly")], targets=("price.pro.monthly",))
    assert actions(made) == {"product.pro": "create", "price.pro.monthly": "create"}
    assert codes(made) == ["partial-plan"]


def test_what_is_not_targeted_keeps_what_the_account_holds_of_it() -> None:
    objects = [held(PRO), held(LITE, name="Old")]
    made = plan([product(name="New"), LITE], objects, targets=("product.pro",))
    assert actions(made) == {"product.pro": "update"}
    lite = made.desired.get("product.lite")
    assert lite is not None
    assert lite.fields["name"] == "Old"


def test_what_left_the_catalog_stays_unless_it_is_targeted() -> None:
    objects = [held(PRO), held(price())]
    assert actions(plan([product(name="New")], objects, targets=("product.pro",))) == {
        "product.pro": "update"
    }
    assert actions(plan([PRO], objects, targets=("price.pro.monthly",))) == {"price.pro.monthly": "archive"}


def test_what_was_made_for_an_artifact_is_targeted_with_it() -> None:
    feature = Resource("feature", "feature.sso", {"name": "SSO", "lookup_key": "sso"})
    grant = Resource(
        "product_feature",
        "product_feature.pro.sso",
        {"product": Ref("product.pro"), "entitlement_feature": Ref("feature.sso")},
        origin="product.pro",
    )
    made = plan([PRO, LITE, feature, grant], targets=("product.pro",))
    assert set(actions(made)) == {"product.pro", "feature.sso", "product_feature.pro.sso"}


def test_an_unknown_target_is_an_error() -> None:
    made = plan([PRO], targets=("product.prp",))
    assert (codes(made), made.blocked) == (["unknown-target", "partial-plan"], True)


def test_the_plan_of_a_part_desires_only_what_will_be_there() -> None:
    made = plan([PRO, LITE, price(unit_amount=D(5))], targets=("product.pro",))
    assert set(made.desired.resources) == {"product.pro"}
    assert made.desired_digest == made.desired.digest()
