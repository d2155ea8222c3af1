"""Numbers here are synthetic."""

from collections.abc import Mapping
from graphlib import CycleError

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from api.guard import Admitted, Limits, OperationGuard
from api.guard_refusals import RULES, Refused
from api.guard_size import SATURATED, Measure, Size

NUMBER = "123456789018"
SCHEMA = build_schema(
    """
    scalar MyNumberInput
    scalar MyNumberListInput
    scalar OneTimeCode
    directive @mark(with: MyNumberInput) repeatable on FIELD | QUERY
    enum Kind { EMPLOYEE SPOUSE }
    input RegisterInput { number: MyNumberInput!, numbers: [MyNumberInput!], note: String, kind: Kind }
    interface Node { id: ID! }
    type Item implements Node { id: ID!, name: String, item: Item, items(first: Int, last: Int): ItemConnection }
    type ItemConnection { edges: [ItemEdge!], nodes: [Item!], totalCount: Int }
    type ItemEdge { node: Item }
    type Query {
      ping: String
      item(id: ID): Item
      items(first: Int, last: Int): ItemConnection
      plain(first: Int): [Item!]
      find(number: MyNumberInput, numbers: [MyNumberInput!], all: MyNumberListInput, first: Int): Item
    }
    type Mutation { register(input: RegisterInput!): Item, confirm(code: OneTimeCode!): Item, other: Item }
    type Subscription { ticks: Int }
    """
)


def guard(**limits: int) -> OperationGuard:
    return OperationGuard(SCHEMA, Limits(**limits))


def admit(text: str, variables: Mapping[str, object] | None = None, **limits: int) -> Admitted | Refused:
    return guard(**limits).admit(text, None, variables)


def refused(outcome: Admitted | Refused) -> Refused:
    assert isinstance(outcome, Refused), "the guard admitted it"
    assert outcome.rule in RULES
    for error in outcome.errors:
        assert error.message == f"{error.message_ja} / {error.message_en}"
        assert error.message_ja.isascii() is False
        assert error.message_en
    return outcome


def size(text: str, variables: Mapping[str, object] | None = None) -> Size:
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return Measure(SCHEMA, document, page=100)(operation, variables or {})


def doubling(levels: int, inside: str = "id") -> str:
    fragments = [f"fragment F{n} on Item {{ item {{ ...F{n + 1} ...F{n + 1} }} }}" for n in range(levels)]
    return f"{{ item {{ ...F0 }} }} {' '.join(fragments)} fragment F{levels} on Item {{ {inside} }}"


def nested(levels: int) -> str:
    return "{" + "item{" * (levels - 1) + "id" + "}" * levels


# --- what passes


def test_a_small_query_passes_and_is_kept() -> None:
    subject = guard()
    assert isinstance(subject.admit("{ping}"), Admitted)
    assert subject.kept == ("{ping}",)


def test_a_kept_document_is_not_parsed_again() -> None:
    subject = guard()
    first, second = subject.admit("{ping}"), subject.admit("{ping}")
    assert isinstance(first, Admitted)
    assert isinstance(second, Admitted)
    assert first.document is second.document


def test_the_document_longest_unused_makes_room() -> None:
    subject = guard(documents=2)
    for text in ("{a:ping}", "{b:ping}", "{a:ping}", "{c:ping}"):
        subject.admit(text)
    assert subject.kept == ("{a:ping}", "{c:ping}")


@pytest.mark.parametrize(
    ("text", "name"),
    [("query A {ping} query B {ping}", "B"), ("query A {ping}", None), ("query A {ping}", "A")],
)
def test_the_operation_is_chosen_by_name(text: str, name: str | None) -> None:
    outcome = guard().admit(text, name)
    assert isinstance(outcome, Admitted)
    assert outcome.operation_name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("query A {ping} query B {ping}", None),
        ("query A {ping}", "B"),
        ("query A {ping}", ""),
        ("{ping}", "A"),
    ],
)
def test_an_operation_that_is_not_named_in_the_document_is_refused(text: str, name: str | None) -> None:
    outcome = refused(guard().admit(text, name))
    assert outcome.errors[0].code == "OPERATION_NOT_FOUND"


# --- size


@pytest.mark.parametrize("levels", [10, 20, 30, 40, 50, 60])
def test_fragments_that_double_are_measured_once_each(levels: int) -> None:
    outcome = refused(admit(doubling(levels), depth=1000))
    assert outcome.rule == "fields"
    assert size(doubling(levels)).fields >= min(2**levels, SATURATED)


@pytest.mark.parametrize("levels", [10, 20, 30])
def test_the_count_of_doubling_fragments_is_exact(levels: int) -> None:
    # One root field, then 2^0 + ... + 2^(levels-1) fields on the way and 2^levels at the end.
    assert size(doubling(levels)).fields == 1 + (2**levels - 1) + 2**levels


@pytest.mark.parametrize("levels", [10, 60])
def test_aliases_hidden_in_doubling_fragments_are_counted(levels: int) -> None:
    outcome = refused(admit(doubling(levels, "a: id"), depth=1000, fields=SATURATED))
    assert outcome.rule == "aliases"


def test_counts_stop_growing_where_they_cannot_matter() -> None:
    assert size(doubling(60, "a: id b: name")).aliases == SATURATED


@pytest.mark.parametrize("levels", [13, 60, 150])
def test_deep_documents_are_refused(levels: int) -> None:
    outcome = refused(admit(nested(levels)))
    assert outcome.errors[0].details == {"limit": "depth", "maximum": 12, "requested": levels}


def test_the_deepest_document_allowed_passes() -> None:
    assert isinstance(admit(nested(12)), Admitted)


@pytest.mark.parametrize("levels", [201, 330])
def test_documents_nested_beyond_the_parser_are_refused(levels: int) -> None:
    assert refused(admit(nested(levels))).rule in {"syntax", "tokens"}


def test_depth_adds_up_through_a_long_chain_of_fragments() -> None:
    chain = " ".join(f"fragment F{n} on Item {{ item {{ ...F{n + 1} }} }}" for n in range(80))
    text = f"{{ item {{ ...F0 }} }} {chain} fragment F80 on Item {{ id }}"
    assert size(text).depth == 82
    assert refused(admit(text)).rule == "depth"


def test_introspection_is_exempt_from_depth() -> None:
    text = "{ __schema { types { fields { type { ofType { ofType { ofType { ofType { name }}}}}}}}}"
    outcome = guard(depth=2).admit(text, introspection=True)
    assert isinstance(outcome, Admitted)


def test_introspection_is_refused_unless_switched_on() -> None:
    assert refused(admit("{__schema{types{name}}}")).errors[0].code == "INTROSPECTION_DISABLED"
    assert refused(admit('{...F} fragment F on Query {__type(name: "Item"){name}}')).rule == "introspection"
    assert isinstance(admit("{__typename}"), Admitted)


SIZE_REFUSALS = {
    "too many characters": ("{ping}" + " " * 40_000, "characters"),
    "too many tokens": ("{" + "ping " * 1100 + "}", "tokens"),
    "too many aliases": ("{" + " ".join(f"a{n}: ping" for n in range(16)) + "}", "aliases"),
    "too many aliases inside inline fragments": (
        "{" + "".join(f"...{{a{n}: ping}}" for n in range(16)) + "}",
        "aliases",
    ),
    "one field repeated": ("{" + "ping " * 62 + "}", "repeats"),
    "one field repeated through inline fragments": ("{" + "...{ping} " * 62 + "}", "repeats"),
    "too many fields": (
        "{item{" + "...F " * 60 + "}} fragment F on Item {id name item{id name item{id name item{id}}}}",
        "fields",
    ),
    "too many directives on a field": ("{ping" + " @mark" * 5 + "}", "directives"),
    "too many directives on an operation": ("query" + " @mark" * 5 + "{ping}", "directives"),
    "too many directives on a fragment spread": (
        "{...F" + " @mark" * 5 + "} fragment F on Query {ping}",
        "directives",
    ),
    "too many directives on a fragment": (
        "{...F} fragment F on Query" + " @mark" * 5 + "{ping}",
        "directives",
    ),
    "too many directives on a variable": (
        "query($n: Int" + " @mark" * 5 + "){items(first: $n){totalCount}}",
        "directives",
    ),
    "too many operations": (" ".join(f"query Q{n} {{ping}}" for n in range(11)), "operations"),
}


@pytest.mark.parametrize(("text", "rule"), SIZE_REFUSALS.values(), ids=SIZE_REFUSALS.keys())
def test_documents_that_ask_too_much_are_refused_by_the_rule_they_break(text: str, rule: str) -> None:
    outcome = refused(admit(text))
    assert outcome.rule == rule
    assert outcome.errors[0].code == "OPERATION_TOO_COMPLEX"
    assert outcome.errors[0].details["limit"] == rule


CYCLES = {
    "a fragment within itself": "{item{...A}} fragment A on Item {item{...A}}",
    "two fragments in a circle": "{item{...A}} fragment A on Item {...B} fragment B on Item {...A}",
    "a circle that nothing uses": "{ping} fragment A on Item {...B} fragment B on Item {...A}",
}


@pytest.mark.parametrize("text", CYCLES.values(), ids=CYCLES.keys())
def test_fragments_in_a_circle_are_refused_and_do_not_hang(text: str) -> None:
    with pytest.raises(CycleError):
        size(text)
    assert refused(admit(text)).rule == "cycle"


def test_an_unknown_fragment_or_type_is_left_to_the_rules_of_the_specification() -> None:
    for text in ("{item{...Nobody}}", "{item{...on Nothing{id}}}", "{nobody{id}}"):
        assert refused(admit(text)).rule == "validation"


PIECES = f"""
{{ }} ( ) [ ] : $ ! = | & @ ... query mutation subscription fragment on F G Query Item Int null true EMPLOYEE # \\
"{NUMBER}" {NUMBER} \"\"\" __typename __schema @mark @skip(if:true) $n $n:Int ...F ...G {{ping}} {{id}} ping item id
items(first:$n) items(first:3) nodes find(number:$n) find(number:"{NUMBER}") register(input:{{ number: a:ping
"""
FRAGMENTS = ["fragment F on Item {", "fragment G on Query {", "... on Item {"]
WORDS = st.sampled_from([*PIECES.split(), *FRAGMENTS])


@given(st.lists(WORDS, max_size=40), st.sampled_from([None, "F", "G"]))
@settings(max_examples=300)
def test_whatever_the_document_it_is_admitted_or_refused_in_words_without_the_number(
    words: list[str], name: str | None
) -> None:
    subject = guard()
    outcome = subject.admit(" ".join(words), name, {"n": 3})
    assert NUMBER not in "".join(subject.kept)
    if not isinstance(outcome, Admitted):
        assert NUMBER not in "".join(error.message for error in refused(outcome).errors)


# --- cost


COSTS: dict[str, tuple[str, dict[str, object], int]] = {
    "scalars alone": ("{ping}", {}, 1),
    "an object": ("{item{id name}}", {}, 2),
    "a connection of ten": ("{items(first: 10){edges{node{id}} nodes{id}}}", {}, 1 + 1 + 10 * 3),
    "the larger of first and last": ("{items(first: 10, last: 20){nodes{id}}}", {}, 1 + 1 + 20),
    "a connection without a length counts a page": ("{items{nodes{id}}}", {}, 1 + 1 + 100),
    "a plain list": ("{plain(first: 7){id}}", {}, 1 + 7),
    "a list inside a list": ("{plain(first: 7){items(first: 3){nodes{id}}}}", {}, 1 + 7 * (1 + 1 + 3)),
    "a variable": ("query($n: Int){items(first: $n){nodes{id}}}", {"n": 30}, 1 + 1 + 30),
    "a variable's default": ("query($n: Int = 40){items(first: $n){nodes{id}}}", {}, 1 + 1 + 40),
    "a variable over its default": ("query($n: Int = 40){items(first: $n){nodes{id}}}", {"n": 2}, 1 + 1 + 2),
    "a variable that is null": ("query($n: Int){items(first: $n){nodes{id}}}", {"n": None}, 1 + 1 + 100),
    "a variable of the wrong type": ("query($n: Int){items(first: $n){nodes{id}}}", {"n": "x"}, 1 + 1 + 100),
    "a boolean is no length": ("query($n: Int){items(first: $n){nodes{id}}}", {"n": True}, 1 + 1 + 100),
    "a negative length counts one": ("query($n: Int){items(first: $n){nodes{id}}}", {"n": -9}, 1 + 1 + 1),
    "a variable within a fragment": (
        "query($n: Int){...F} fragment F on Query {items(first: $n){nodes{id}}}",
        {"n": 5},
        1 + 1 + 5,
    ),
    "a mutation": ("mutation($c: OneTimeCode!){confirm(code: $c){id}}", {"c": "x"}, 10 + 1),
}


@pytest.mark.parametrize(("text", "variables", "cost"), COSTS.values(), ids=COSTS.keys())
def test_cost_is_the_number_of_objects_that_may_return(
    text: str, variables: dict[str, object], cost: int
) -> None:
    outcome = admit(text, variables)
    assert isinstance(outcome, Admitted)
    assert outcome.cost == cost


def test_the_same_document_costs_what_its_variables_say() -> None:
    subject = guard()
    text = "query($n: Int){items(first: $n){nodes{id}}}"
    costs = [outcome.cost for n in (1, 50) if (outcome := subject.admit(text, None, {"n": n}))]
    assert costs == [3, 52]
    assert refused(subject.admit(text, None, {"n": 999})).cost == 1001


def test_too_costly_an_operation_is_refused_with_its_cost() -> None:
    outcome = refused(admit("{plain(first: 30){items(first: 99){nodes{id}}}}"))
    assert outcome.rule == "cost"
    assert outcome.cost == 1 + 30 * (1 + 1 + 99)
    assert outcome.errors[0].details == {"limit": "cost", "maximum": 1000, "requested": outcome.cost}


@pytest.mark.parametrize("length", ["2147483647", "9" * 600])
def test_absurd_lengths_saturate(length: str) -> None:
    text = f"{{items(first: {length}){{nodes{{items(first: {length}){{nodes{{id}}}}}}}}}}"
    assert size(text).cost <= SATURATED + 1
    assert refused(admit(text)).rule in {"cost", "validation"}


# --- one act per mutation


FORBIDDEN_MUTATIONS = {
    "two root fields": "mutation($c: OneTimeCode!){confirm(code: $c){id} other{id}}",
    "one root field twice by alias": "mutation($c: OneTimeCode!){a: confirm(code: $c){id} b: confirm(code: $c){id}}",
    "one root field repeated": "mutation{other{id} other{id}}",
    "a root field and its type's name": "mutation{other{id} __typename}",
    "through a fragment": "mutation{...F} fragment F on Mutation {other{id}}",
    "through an inline fragment": "mutation{...on Mutation{other{id}}}",
    "two mutations": "mutation A{other{id}} mutation B{other{id}}",
    "a mutation beside a query": "mutation A{other{id}} query B{ping}",
}


@pytest.mark.parametrize("text", FORBIDDEN_MUTATIONS.values(), ids=FORBIDDEN_MUTATIONS.keys())
def test_a_mutation_acts_once_and_plainly(text: str) -> None:
    outcome = refused(guard().admit(text, "A"))
    assert (outcome.rule, outcome.errors[0].code) == ("mutation", "ONE_MUTATION_PER_REQUEST")


def test_a_single_plain_mutation_passes() -> None:
    assert isinstance(admit("mutation($c: OneTimeCode!){done: confirm(code: $c){id}}", {"c": "x"}), Admitted)


def test_subscriptions_are_not_served() -> None:
    assert refused(admit("subscription{ticks}")).errors[0].code == "OPERATION_NOT_SUPPORTED"


# --- sensitive literals


LITERALS = {
    "a string": f'{{find(number: "{NUMBER}"){{id}}}}',
    "a block string": f'{{find(number: """{NUMBER}"""){{id}}}}',
    "an integer": f"{{find(number: {NUMBER}){{id}}}}",
    "a float": f"{{find(number: {NUMBER}.0){{id}}}}",
    "an enum value": f"{{find(number: N{NUMBER}){{id}}}}",
    "an object": f'{{find(number: {{n: "{NUMBER}"}}){{id}}}}',
    "a list given to one value": f'{{find(number: ["{NUMBER}"]){{id}}}}',
    "a member of a list": f'{{find(numbers: ["{NUMBER}"]){{id}}}}',
    "a list scalar": f'{{find(all: ["{NUMBER}"]){{id}}}}',
    "a variable's default": f'query($n: MyNumberInput = "{NUMBER}"){{find(number: $n){{id}}}}',
    "a field of an input object": f'mutation{{register(input: {{number: "{NUMBER}"}}){{id}}}}',
    "a list in an input object": f'mutation{{register(input: {{numbers: ["{NUMBER}"]}}){{id}}}}',
    "an argument of a directive": f'{{ping @mark(with: "{NUMBER}")}}',
    "within a fragment": f'{{...F}} fragment F on Query {{find(number: "{NUMBER}"){{id}}}}',
    "spelled with escapes": '{find(number: "\\u0031\\u0032\\u0033456789018"){id}}',
}


@pytest.mark.parametrize("text", LITERALS.values(), ids=LITERALS.keys())
def test_a_literal_of_a_sensitive_scalar_is_refused_untold_and_not_kept(text: str) -> None:
    subject = guard()
    outcome = refused(subject.admit(text))
    assert outcome.rule == "literal"
    assert {error.code for error in outcome.errors} == {"LITERAL_REFUSED"}
    assert NUMBER not in "".join(error.message for error in outcome.errors)
    assert subject.kept == ()


@pytest.mark.parametrize(
    "text",
    [
        "query($n: MyNumberInput){find(number: $n){id}}",
        "query($n: MyNumberInput!){find(numbers: [$n]){id}}",
        "query($n: [MyNumberInput!]){find(numbers: $n){id}}",
        "query($n: MyNumberListInput){find(all: $n){id}}",
        "{find(number: null){id}}",
    ],
)
def test_variables_and_null_are_no_literals(text: str) -> None:
    assert isinstance(admit(text), Admitted)


def test_the_set_of_sensitive_scalars_is_an_argument() -> None:
    subject = OperationGuard(SCHEMA, sensitive={"ID"})
    assert refused(subject.admit('{item(id: "x"){id}}')).rule == "literal"
    assert isinstance(subject.admit(f'{{find(number: "{NUMBER}"){{id}}}}'), Admitted)


NUMBERS_ELSEWHERE = {
    "in another argument": f'{{item(id: "{NUMBER}"){{id}}}}',
    "written in groups": '{item(id: "1234 5678 9018"){id}}',
    "with hyphens": '{item(id: "1234-5678-9018"){id}}',
    "in full-width digits": '{item(id: "１２３４５６７８９０１８"){id}}',
    "in escapes": '{item(id: "\\u0031\\u0032\\u0033456789018"){id}}',
    "in a comment": f"{{ping}} # {NUMBER}",
    "in a name": f"query N{NUMBER} {{ping}}",
}


@pytest.mark.parametrize("text", NUMBERS_ELSEWHERE.values(), ids=NUMBERS_ELSEWHERE.keys())
def test_a_document_with_anything_like_a_number_runs_but_is_not_kept(text: str) -> None:
    subject = guard()
    assert isinstance(subject.admit(text), Admitted)
    assert subject.kept == ()


# --- the rules of the specification, in quiet words


WRONG_LITERALS = {
    "a string for an integer": ('{items(first: "654321098765"){totalCount}}', "first", "Int"),
    "a string for an enum": (
        'mutation($n: MyNumberInput!){register(input: {number: $n, kind: "654321098765"}){id}}',
        "input.kind",
        "Kind",
    ),
    "an unknown enum value": (
        "mutation($n: MyNumberInput!){register(input: {number: $n, kind: N654321098765}){id}}",
        "input.kind",
        "Kind",
    ),
    "an unknown input field": (
        'mutation($n: MyNumberInput!){register(input: {number: $n, nope: "654321098765"}){id}}',
        "input",
        "RegisterInput!",
    ),
}


@pytest.mark.parametrize(("text", "place", "expected"), WRONG_LITERALS.values(), ids=WRONG_LITERALS.keys())
def test_a_literal_of_the_wrong_type_is_named_by_place_and_expectation(
    text: str, place: str, expected: str
) -> None:
    outcome = refused(admit(text))
    error = outcome.errors[0]
    assert error.code == "GRAPHQL_VALIDATION_FAILED"
    assert place in error.message_en
    assert error.details["expected"] == expected
    assert "654321098765" not in error.message
    assert error.locations


def test_a_syntax_error_tells_the_place_and_not_the_token() -> None:
    outcome = refused(admit(f'{{ping "{NUMBER}"}}'))
    assert outcome.errors[0].code == "GRAPHQL_PARSE_FAILED"
    assert NUMBER not in outcome.errors[0].message
    assert [(place.line, place.column) for place in outcome.errors[0].locations or ()] == [(1, 7)]


def test_a_name_that_looks_like_a_number_is_masked() -> None:
    outcome = refused(admit(f"{{n{NUMBER}}}"))
    assert NUMBER not in outcome.errors[0].message
    assert "****" in outcome.errors[0].message


def test_no_error_suggests_a_name() -> None:
    for text in ("{pin}", "{items(frist: 1){totalCount}}", "{ping @mork}", "query($n: Imt){ping}", "{item}"):
        assert not any("Did you mean" in error.message for error in refused(admit(text)).errors)


def test_at_most_five_errors_are_told() -> None:
    outcome = refused(admit("{" + " ".join(f"nobody{n}" for n in range(40)) + "}"))
    assert len(outcome.errors) == 5


@pytest.mark.parametrize(
    "text", ["", " ", "#", "{", "}", "\ufeff", "query", "{ping", "{ping}}", "type A {a: Int}", "\x00", "\\"]
)
def test_texts_that_are_no_executable_document_are_refused(text: str) -> None:
    assert refused(admit(text)).rule in {"syntax", "validation", "operation_name"}
