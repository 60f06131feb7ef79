"""Which validators a network has: how a command line and a settings file name them, and what an epoch says of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from probatum.consensus.epoch import Policy, Threshold, supermajority
from probatum.coordinator.network import default_policy, default_seats, expected_of, init, open_network, renew
from probatum.coordinator.seats import descriptor, load_seat, threshold
from probatum.coordinator.settings import (
    BuiltinModel,
    Endpoint,
    LocalClassifier,
    LocalLanguageModel,
    Seat,
    Settings,
    parse_endpoint,
    parse_seat,
)
from probatum.encoding.digest import Digest
from probatum.errors import SettingsRefused, ValidatorUnavailable
from probatum.frozen import replace
from probatum.measuring.expectation import read_record
from probatum.validators import builtin, qwen
from probatum.validators.protocol import Question
from tests.unit.validators.test_classifier import tiny

ENDPOINT = Endpoint("http://127.0.0.1:1/v1", "big", "KEY", "family")
SEATS = (
    Seat("a", BuiltinModel("alignment")),
    Seat("b", ENDPOINT),
    Seat("c", LocalLanguageModel("/models/qwen.gguf", 2)),
    Seat("d", LocalClassifier("/models/nli", "deberta", Digest.of(b"files"))),
)


def test_settings_survive_their_file() -> None:
    settings = Settings("embedded-1", SEATS, ENDPOINT)
    assert Settings.decode(settings.encode()) == settings


@pytest.mark.parametrize(
    "model", [{"gguf": "x"}, {"gguf": "x", "threads": 0}, {"classifier": "x", "family": "y"}, {"builtin": 1}, []]
)
def test_a_model_of_another_form_is_refused(model: object) -> None:
    body = json.loads(Settings("embedded-1", SEATS[:1]).encode())
    body["validators"][0]["model"] = model
    with pytest.raises(SettingsRefused, match=r"network\.json"):
        Settings.decode(json.dumps(body).encode())


def test_only_an_endpoint_splits_texts() -> None:
    body = json.loads(Settings("embedded-1", SEATS[:1]).encode())
    body["decomposer"] = {"gguf": "x", "threads": 1}
    with pytest.raises(SettingsRefused, match="an endpoint"):
        Settings.decode(json.dumps(body).encode())
    with pytest.raises(SettingsRefused, match="expected an endpoint"):
        parse_endpoint("id=q,gguf=x")


def test_specs(tmp_path: Path) -> None:
    assert parse_seat("id=r,url=http://127.0.0.1:1/v1,model=big,family=family,key_env=KEY") == Seat("r", ENDPOINT)
    assert parse_seat(f"id=q,gguf={tmp_path}/m.gguf,threads=3") == Seat("q", LocalLanguageModel(f"{tmp_path}/m.gguf", 3))
    guess = parse_seat("id=q,gguf=m.gguf").model
    assert isinstance(guess, LocalLanguageModel)
    assert Path(guess.path).is_absolute()
    assert 1 <= guess.threads <= 4


SPECS = """
id=x
id=X,gguf=m
gguf=m
id=q,gguf=m,threads=0
id=q,gguf=m,threads=many
id=q,gguf=m,url=http://h
id=q,=m
id=r,url=ftp://h,model=m,family=f
id=r,url=http://h,model=m
id=c,classifier=m
"""


@pytest.mark.parametrize("text", ["", *SPECS.split()])
def test_another_spec_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(SettingsRefused, match="expected id=NAME,url="):
        parse_seat(text)


def test_a_classifier_is_pinned_when_it_is_named(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    seat = parse_seat(f"id=c,classifier={folder},family=tiny")
    assert descriptor(seat).family == "tiny"
    (answer,) = load_seat(seat).judge([Question("Is it so", "", ("yes it is",))])
    assert answer.distribution is not None
    assert int(np.argmax(answer.distribution)) == 0
    with (folder / "config.json").open("a") as config:
        config.write(" ")
    with pytest.raises(ValidatorUnavailable, match="are not those"):
        load_seat(seat)


def test_thresholds_are_those_the_models_abstain_by() -> None:
    record = json.loads((builtin.weights_folder() / "alignment" / "calibration.json").read_text())
    supported, insufficient, refuted = (round(10_000 * share) for share in record["abstain_below"])
    assert threshold(SEATS[0]) == Threshold("a", supported, refuted, insufficient)
    assert threshold(SEATS[1]) == Threshold("b", 5000, 5000, 5000)
    assert threshold(SEATS[2]).supported == round(10_000 * qwen.scaling().abstain_below[0])
    assert threshold(SEATS[3]) == Threshold("d", 6000, 6000, 6000)


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ValidatorUnavailable, match="no built-in model is called 'x'"):
        descriptor(Seat("x", BuiltinModel("x")))


# -- what the epoch says of the committee -----------------------------------------------------------------------------------


def write_record(folder: Path, monkeypatch: pytest.MonkeyPatch, precision: float = 0.93) -> None:
    """A weights folder that has a committee's record, and everything else from the package."""
    folder.mkdir(exist_ok=True)
    for entry in builtin.SHIPPED.iterdir():
        if entry.name != "committee.json" and not (folder / entry.name).exists():
            (folder / entry.name).symlink_to(entry)
    expected = {"talk": {"rows": 716, "precision_supported": precision, "recall_supported": 0.4}}
    (folder / "committee.json").write_text(json.dumps({"score_threshold": 0.5, "expected": expected}))
    monkeypatch.setenv("PROBATUM_WEIGHTS", str(folder))


def test_only_the_committee_that_was_measured_states_what_it_is_worth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_record(tmp_path / "weights", monkeypatch)
    seats, policy = default_seats(), default_policy(default_seats())
    assert expected_of(seats, policy) == read_record().calibration is not None
    assert expected_of(seats, replace(policy, commit=True)) is not None, "how ballots travel does not change what they are worth"
    assert expected_of((*seats, SEATS[1]), policy) is None
    assert expected_of(seats[:-1], policy) is None
    assert expected_of(seats, replace(policy, min_families=1)) is None
    assert expected_of(seats, replace(policy, committee=3)) is None


def test_a_new_record_makes_a_new_epoch_and_the_same_one_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_record(tmp_path / "weights", monkeypatch)
    with init(tmp_path / "network") as network:
        assert network.epoch.calibration == read_record().calibration
        assert renew(network) is network
        write_record(tmp_path / "weights", monkeypatch, precision=0.95)
        renewed = renew(network)
        assert (renewed.epoch.number, renewed.epoch.previous) == (1, network.epoch.digest)
        assert renewed.epoch.calibration == read_record().calibration
        assert renew(renewed) is renewed


def test_the_seat_of_a_model_that_is_no_more_gets_its_successor(tmp_path: Path) -> None:
    with init(tmp_path / "network") as network:
        old = network.settings.encode().replace(b'"builtin": "deberta"', b'"builtin": "crossencoder"')
    (tmp_path / "network" / "network.json").write_bytes(old)
    assert b"crossencoder" in old
    with open_network(tmp_path / "network") as network:
        assert [seat.model for seat in network.settings.seats] == [seat.model for seat in default_seats()]
        assert renew(network) is network


def test_a_policy_of_ones_own_keeps_its_rule_and_gets_the_thresholds(tmp_path: Path) -> None:
    with init(tmp_path / "network", policy=Policy(min_families=2, max_rounds=3)) as network:
        assert network.epoch.policy.max_rounds == 3
        renewed = renew(network)
        assert renewed.epoch.policy == replace(network.epoch.policy, thresholds=default_policy(default_seats()).thresholds)


def test_nobody_decides_alone_and_no_two_do(tmp_path: Path) -> None:
    with init(tmp_path / "network", seats=(*default_seats(), SEATS[1])) as network:
        stakes = {member.id: member.stake for member in network.epoch.members}
    assert stakes == {"mpnet": 4, "deberta": 4, "alignment": 2, "crossattention": 2, "b": 2}
    default = sorted((stakes[seat.id] for seat in default_seats()), reverse=True)
    assert not supermajority(sum(default[:2]), sum(default))
    assert supermajority(sum(default[:3]), sum(default))
    assert not supermajority(sum(default[:1] + default[2:]), sum(default)), "nothing is certified without both cross-encoders"


def test_one_id_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="one validator id stands twice"):
        init(tmp_path / "network", seats=(*default_seats(), default_seats()[0]))
