"""Which version went out first, to whom, in which state; and what is another claim, however alike it looks."""

from __future__ import annotations

import json

import pytest

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.ledger.propagation import generations, likeness, search
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.likeness import Likeness
from probatum.ledger.propagation.search import Kind, Sought
from probatum.ledger.propagation.trace import MatchKind, Trace, trace
from probatum.ledger.propagation.trace_json import to_json
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import begin, id_of, release, send, settle

THIRTY = "You can return the lamp within 30 days. Shipping is free."
FOURTEEN = "You can return the lamp within 14 days. Shipping is free."
REWORDED = "Shipping is free. Within thirty days the lamp can be returned."
DENIED = "You cannot return the lamp within 30 days. Shipping is free."
OTHER = "The lamp weighs 2 kg and is made of brass."


@pytest.fixture
def shop(database: Database) -> Database:
    """Three answers to one question, sent in another order than they were made; one reworded to another question; one unrelated."""
    for number, text in ((1, THIRTY), (2, FOURTEEN), (3, DENIED)):
        begin(database, number, text, request="can I return it?")
    begin(database, 4, REWORDED, request="returns?")
    begin(database, 5, OTHER, request="weight?")
    for number, receiver, at in ((2, "bob", 100), (1, "alice", 200), (2, "carol", 300), (3, "dave", 400), (4, "erin", 500)):
        send(database, release(number, receiver, at=at))
    settle(database, 1, State.CERTIFIED, 1000)
    settle(database, 2, State.REJECTED, 2500, statement="no")
    return database


def look(database: Database, given: str, tenant: str | None = None, now: int = 9000) -> Trace:
    with database.read() as connection:
        return trace(connection, Sought.read(given), tenant=tenant, now=now)


def shown(found: Trace) -> list[tuple[str, MatchKind]]:
    return [(one.standing.generation.id, one.match) for one in found.versions]


def test_which_version_went_first_to_whom_in_which_state(shop: Database) -> None:
    found = look(shop, THIRTY)
    assert shown(found) == [
        (id_of(2), MatchKind.NEAR),
        (id_of(1), MatchKind.EXACT),
        (id_of(3), MatchKind.NEAR),
        (id_of(4), MatchKind.NEAR),
    ]
    assert found.first is found.versions[0]
    assert [(one.release.receiver, one.release.state, one.release.at) for one in found.versions[0].releases] == [
        ("bob", State.PROVISIONAL, 100),
        ("carol", State.PROVISIONAL, 300),
    ]
    assert [one.receiver for one in found.versions[0].recalls] == ["bob", "carol"]


def test_exposure_ends_with_the_certificate_the_recall_or_now(shop: Database) -> None:
    exposure = {one.standing.generation.id: one.exposure_ms for one in look(shop, THIRTY).versions}
    assert exposure == {id_of(1): 1000 - 200, id_of(2): 2500 - 100, id_of(3): 9000 - 400, id_of(4): 9000 - 500}


def test_a_text_released_after_its_certificate_was_not_exposed(database: Database) -> None:
    begin(database, 1, THIRTY)
    settle(database, 1, State.CERTIFIED, 50)
    send(database, release(1, at=60))
    begin(database, 2, THIRTY)
    assert [one.exposure_ms for one in look(database, THIRTY).versions] == [0, 0]


def test_what_differs_in_a_number_or_a_negation_is_another_claim(shop: Database) -> None:
    claims = {one.standing.generation.id: [claim.comparison for claim in one.claims] for one in look(shop, THIRTY).versions}
    assert [one.likeness for one in claims[id_of(1)]] == [Likeness.SAME, Likeness.SAME]
    assert [(one.likeness, one.differs) for one in claims[id_of(2)]] == [
        (Likeness.DIFFERENT, ("number",)),
        (Likeness.SAME, ()),
    ]
    assert (claims[id_of(2)][0].only_here, claims[id_of(2)][0].only_there) == (("30",), ("14",))
    assert [(one.likeness, one.differs) for one in claims[id_of(3)]] == [
        (Likeness.DIFFERENT, ("negation",)),
        (Likeness.SAME, ()),
    ]
    assert [one.likeness for one in claims[id_of(4)]] == [Likeness.ALIKE, Likeness.SAME]
    assert [one.different for one in look(shop, THIRTY).versions] == [1, 0, 1, 0]


def test_a_pasted_sentence_finds_the_versions_that_hold_it(shop: Database) -> None:
    found = look(shop, "You can return the lamp within 14 days.")
    assert (id_of(2), MatchKind.NEAR) in shown(found)
    best = max(found.versions, key=lambda one: (one.score, -one.different))
    assert best.standing.generation.id == id_of(2)


@pytest.mark.parametrize(
    "given",
    [id_of(2), str(Digest.of(FOURTEEN.encode())), Digest.of(FOURTEEN.encode()).hex(), f"  {Digest.of(b'no').hex()}\n"],
    ids=["id", "sha256", "bare-hash", "record-hash"],
)
def test_an_id_or_a_hash_names_a_version_and_finds_the_others(shop: Database, given: str) -> None:
    found = look(shop, given)
    kinds = dict(shown(found))
    assert kinds[id_of(2)] is MatchKind.NAMED
    assert kinds.keys() == {id_of(1), id_of(2), id_of(3), id_of(4)}
    assert found.output == Digest.of(FOURTEEN.encode())


def test_a_revoked_certificate_still_finds_its_text(shop: Database) -> None:
    cert_hash = Digest.of(b"statement")
    with shop.write() as unit:
        generations.revoke(unit, cert_hash, "wrong source", 3000)
    assert dict(shown(look(shop, str(cert_hash))))[id_of(1)] is MatchKind.NAMED


def test_a_sibling_that_says_something_else_is_shown_as_one(shop: Database) -> None:
    begin(shop, 6, "I do not know that.", request="weight?")
    assert shown(look(shop, OTHER)) == [(id_of(5), MatchKind.EXACT), (id_of(6), MatchKind.SIBLING)]


def test_a_generation_without_a_text_yet_can_be_named(database: Database) -> None:
    begin(database, 1, None)
    found = look(database, id_of(1))
    assert shown(found) == [(id_of(1), MatchKind.NAMED)]
    assert found.output is None


@pytest.mark.parametrize("given", ["Bananas are berries.", id_of(77), "0" * 64, "", "\udcff", "\x00", "?!"])
def test_what_matches_nothing_gives_nothing(shop: Database, given: str) -> None:
    found = look(shop, given)
    assert (found.versions, found.first) == ((), None)


def test_a_tenant_sees_nothing_of_another(shop: Database) -> None:
    begin(shop, 7, THIRTY, request="can I return it?", tenant="rival")
    for given in (THIRTY, REWORDED, id_of(1), str(Digest.of(b"statement")), str(Digest.of(THIRTY.encode()))):
        assert {one.standing.generation.tenant for one in look(shop, given, "rival").versions} <= {"rival"}
        assert {one.standing.generation.tenant for one in look(shop, given, "acme").versions} == {"acme"}
    assert shown(look(shop, THIRTY, "rival")) == [(id_of(7), MatchKind.EXACT)]
    assert len(look(shop, THIRTY).versions) == 5, "without a tenant, everybody's"


def test_the_json_says_it_all_and_is_canonical(shop: Database) -> None:
    made = to_json(look(shop, THIRTY))
    assert canonical.decode(canonical.encode(made)) == made
    assert made["first_released"] == id_of(2)
    text = json.dumps(made)
    assert all(word in text for word in ("bob", "carol", "alice", '"differs": ["number"]', '"exposure_ms": 800'))


def test_a_long_list_is_cut_and_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        begin(database, number, THIRTY)
    monkeypatch.setattr("probatum.ledger.propagation.trace.MAX_VERSIONS", 3)
    found = look(database, THIRTY)
    assert (len(found.versions), found.more) == (3, 2)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (id_of(1), Kind.GENERATION),
        ("gen_" + "A" * 32, Kind.TEXT),
        ("sha256:" + "a" * 64, Kind.HASH),
        ("a" * 64, Kind.HASH),
        ("A" * 64, Kind.TEXT),
        ("a" * 63, Kind.TEXT),
        ("The tower is 33 m.", Kind.TEXT),
    ],
)
def test_ids_and_hashes_are_told_from_texts(given: str, kind: Kind) -> None:
    assert Sought.read(given).kind is kind


ALIKE = {
    "order": ("The tower was built in 1889.", "In 1889 the tower was built."),
    "number-word": ("Goods may be returned within thirty days.", "You can return goods within 30 days."),
    "passive": ("Larry Page and Sergey Brin founded Google in 1998.", "Google was founded in 1998 by Larry Page and Sergey Brin."),
    "thousands": ("The bridge is 1,200 metres long.", "The bridge has a length of 1200 metres."),
    "one-more-word": ("Paris is the capital of France.", "Paris is the capital city of France."),
}
DIFFERENT = {
    "number": ("The lamp costs 30 euros.", "The lamp costs 40 euros.", "number"),
    "digit-more": ("The lamp costs 30 euros.", "The lamp costs 300 euros.", "number"),
    "decimal": ("The rate is 3.5 percent.", "The rate is 35 percent.", "number"),
    "number-dropped": ("The lamp weighs 2 kilograms.", "The lamp weighs kilograms.", "number"),
    "not": ("The drug cures the illness.", "The drug does not cure the illness.", "negation"),
    "contraction": ("The shop delivers abroad.", "The shop doesn't deliver abroad.", "negation"),
    "never": ("The alarm rings at night.", "The alarm never rings at night.", "negation"),
    "name": ("The head of the company is Alice Smith.", "The head of the company is Alice Jones.", "name"),
}  # fmt: skip
UNLIKE = {
    "another-topic": ("Paris is the capital of France.", "Water boils at 100 degrees."),
    "one-word": ("The lamp is made of brass.", "The lamp costs 30 euros and comes with a cable."),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_the_same_claim_in_other_words(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        found = likeness.compare(first, second)
        assert found is not None
        assert (found.likeness, found.differs) == (Likeness.ALIKE, ())


@pytest.mark.parametrize(("one", "other", "why"), DIFFERENT.values(), ids=DIFFERENT)
def test_another_claim_in_nearly_the_same_words(one: str, other: str, why: str) -> None:
    for first, second in ((one, other), (other, one)):
        found = likeness.compare(first, second)
        assert found is not None
        assert found.likeness is Likeness.DIFFERENT
        assert why in found.differs


@pytest.mark.parametrize(("one", "other"), UNLIKE.values(), ids=UNLIKE)
def test_claims_that_have_nothing_to_do_with_each_other(one: str, other: str) -> None:
    assert likeness.compare(one, other) is None


def test_opposites_that_no_rule_knows_are_shown_by_their_words() -> None:
    found = likeness.compare("Revenue rose to 4.2 million euros.", "Revenue fell to 4.2 million euros.")
    assert found is not None
    assert (found.likeness, found.only_here, found.only_there) == (Likeness.ALIKE, ("rose",), ("fell",))


def test_a_modal_is_no_small_difference() -> None:
    found = likeness.compare("The tenant may pay the rent in cash.", "The tenant must pay the rent in cash.")
    assert found is not None
    assert (found.likeness, found.only_here, found.only_there) == (Likeness.ALIKE, ("may",), ("must",))


def test_what_says_the_same_is_chosen_before_what_looks_more_alike() -> None:
    (found,) = search.match(
        ["The lamp costs 30 euros today."], ["The lamp costs 31 euros today.", "Today the price of the lamp is 30 euros.", "No."]
    )
    assert found.other.startswith("Today")


def test_a_text_that_cannot_be_split_has_no_claims() -> None:
    assert likeness.claims_of(b"\x00 binary \xff") == ()
