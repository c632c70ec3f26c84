"""Steps spelled out as Stripe's requests, from the kinds table alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from stripectl.diagnostics import InvalidInput, error
from stripectl.engine.kinds import Kind, Removal
from stripectl.engine.steps import Request, Step, Verb
from stripectl.engine.values import Fields, Ref, Value
from stripectl.providers.stripe.kinds import (
    ADDRESS_KEY,
    ENDPOINTS,
    KINDS,
    OWNER_KEY,
    RUN_KEY,
    Endpoint,
)
from stripectl.providers.stripe.names import (
    binding_id,
    binding_key,
    binding_of,
    host_address,
    split_binding_id,
)
from stripectl.providers.stripe.wire import Answer, spell

Params = dict[str, object]


def request(step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> Request:
    """The one request that a step asks for.

    `ids` maps addresses to object ids; KeyError where the step refers to an address that has none yet.
    `run` is written into what a create step makes, so that it can be found again.
    """
    if step.kind == "metadata_binding":
        return _binding_request(step, ids)
    return _VERBS[step.verb](step, ids, {OWNER_KEY: catalog, ADDRESS_KEY: step.address, RUN_KEY: run})


def outcome_id(request: Request, answer: Answer) -> str:
    """The id of what a request made or changed: the answered object's own, or the written binding's."""
    answered, metadata = str(answer["id"]), request.params.get("metadata")
    if request.params.keys() == {"metadata"} and isinstance(metadata, Mapping) and len(metadata) == 1:
        (key,) = metadata
        return binding_id(answered, key) if binding_of(key) else answered
    return answered


def object_path(kind: str, object_id: str, *, product: str = "") -> str:
    """Path of one object; `product` is the id of the product that a product feature belongs to."""
    return f"{collection_path(kind, product=product)}/{segment(object_id)}"


def collection_path(kind: str, *, product: str = "") -> str:
    path = ENDPOINTS[kind].path
    return path.format(product=segment(product)) if "{" in path else path


NO_SEGMENTS = frozenset({"", ".", ".."})
"""What leads to another path than one below, however it is spelled."""


def segment(object_id: str) -> str:
    """An id as one part of a path; raises InvalidInput where it would lead elsewhere."""
    if object_id in NO_SEGMENTS:
        found = f"It is `{object_id}`, which as a part of an address leads to something else."
        hint = "give the object another id in the dashboard, or make another object in its place"
        raise InvalidInput(error("id-leads-elsewhere", "An id cannot be asked for", found, hint=hint))
    return quote(object_id, safe="")


def owning_product(step: Step, ids: Mapping[str, str]) -> str:
    """Id of the product that a step on a product feature is about; empty for the other kinds."""
    if step.kind != "product_feature":
        return ""
    product = step.fields.get("product") or step.before.get("product")
    return _id_of(product or Ref(f"product.{step.address.split('.')[1]}"), ids)


def binding_place(step: Step, ids: Mapping[str, str]) -> tuple[str, str]:
    """Host id and metadata key that a step on a binding writes to."""
    # An existing binding's id names its host, also one whose address has passed to a successor.
    if step.object_id:
        return split_binding_id(step.object_id)
    host = step.fields.get("host") or Ref(host_address(step.address) or "")
    return _id_of(host, ids), str(step.fields.get("key") or binding_key(step.address))


def _id_of(reference: Value, ids: Mapping[str, str]) -> str:
    return ids[reference.address] if isinstance(reference, Ref) else str(reference)


def _create(step: Step, ids: Mapping[str, str], marks: Mapping[str, str]) -> Request:
    kind, endpoint = KINDS[step.kind], ENDPOINTS[step.kind]
    params = _params(kind, step.fields, ids)
    if kind.chosen_id and step.object_id:
        params["id"] = step.object_id
    if kind.marked:
        params["metadata"] = {**_section(params, "metadata"), **marks}
    _add_constants(params, endpoint)
    _add_transfer(params, step)
    product = owning_product(step, ids)
    if product:
        params.pop("product", None)
    return Request("post", collection_path(step.kind, product=product), params)


def _update(step: Step, ids: Mapping[str, str], marks: Mapping[str, str]) -> Request:
    params = _params(KINDS[step.kind], step.fields, ids)
    written = _ownership(step, marks)
    if written:
        params["metadata"] = {**_section(params, "metadata"), **written}
    _add_transfer(params, step)
    return Request("post", _path(step, ids), params)


def _ownership(step: Step, marks: Mapping[str, str]) -> Mapping[str, str]:
    if not KINDS[step.kind].marked or not (step.mark or step.unmark):
        return {}
    if step.unmark:
        return dict.fromkeys(marks, "")
    return {key: value for key, value in marks.items() if key != RUN_KEY}


def _revive(step: Step, ids: Mapping[str, str], marks: Mapping[str, str]) -> Request:
    return _switch(step, ids, marks, ENDPOINTS[step.kind].reactivate, active=True)


def _remove(step: Step, ids: Mapping[str, str], marks: Mapping[str, str]) -> Request:
    if KINDS[step.kind].removal in (Removal.DELETE, Removal.DETACH):
        return Request("delete", _path(step, ids), {})
    return _switch(step, ids, marks, ENDPOINTS[step.kind].deactivate, active=False)


def _switch(
    step: Step, ids: Mapping[str, str], marks: Mapping[str, str], action: str | None, *, active: bool
) -> Request:
    """Take in or out of use: by a request of its own where the kind has one, else by a parameter."""
    if action:
        return Request("post", f"{_path(step, ids)}/{action}", {})
    update = _update(step, ids, marks)
    return Request("post", update.path, {**update.params, "active": active})


_VERBS: Mapping[Verb, Callable[[Step, Mapping[str, str], Mapping[str, str]], Request]] = {
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.REVIVE: _revive,
    Verb.REMOVE: _remove,
}


def _binding_request(step: Step, ids: Mapping[str, str]) -> Request:
    """A binding is a metadata key of its host: written, overwritten or emptied."""
    host, key = binding_place(step, ids)
    kind = binding_of(key)
    assert kind is not None, "a binding step bears a binding key"
    value = "" if step.verb is Verb.REMOVE else step.fields["value"]
    return Request("post", object_path(kind.host, host), {"metadata": {key: value}})


def _path(step: Step, ids: Mapping[str, str]) -> str:
    object_id = step.object_id or ids[step.address]
    return object_path(step.kind, object_id, product=owning_product(step, ids))


def _params(kind: Kind, fields: Fields, ids: Mapping[str, str]) -> Params:
    params: Params = {}
    for name, value in fields.items():
        field = kind.fields[name]
        _put(params, field.wire_path, _metadata(value) if field.keyed else _spelled(name, value, ids))
    return params


def _spelled(name: str, value: Value, ids: Mapping[str, str]) -> object:
    """An empty list or mapping has no form encoding of its own: like None it clears."""
    return "" if value in ((), {}) and name != "custom_unit_amount" else spell(name, value, ids)


def _metadata(value: Value) -> object:
    """Key by key: one that has no value any more is unset; keys that are not named stay."""
    entries = value if isinstance(value, Mapping) else {}
    return {key: "" if item is None else item for key, item in entries.items()}


def _put(params: Params, path: tuple[str, ...], value: object) -> None:
    *parents, last = path
    for key in parents:
        params = params.setdefault(key, {})  # type: ignore[assignment]
    params[last] = value


def _section(params: Params, name: str) -> Mapping[str, object]:
    section = params.get(name)
    return section if isinstance(section, dict) else {}


def _add_constants(params: Params, endpoint: Endpoint) -> None:
    """A constant goes along with its section; a section that is left out keeps Stripe's default."""
    for dotted, value in endpoint.constants.items():
        section, _, key = dotted.partition(".")
        if section in params:
            params[section] = {**_section(params, section), key: value}


def _add_transfer(params: Params, step: Step) -> None:
    if "lookup_key" in step.transfer:
        params["transfer_lookup_key"] = True
