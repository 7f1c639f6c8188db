import json

import pytest

from data_prep.corpora.utterance import File, Rejection, Utterance
from data_prep.plan import Planner, Sizes
from data_prep.scan import Examined

SIZES = Sizes(shard_hours=1.0, consumers=4)


def corpus(count: int, language: str = "en"):
    for number in range(count):
        utterance = Utterance(f"{language}{number}", File(f"/{number}"), language, f"s{number % 20}", None, "é")
        yield Examined(utterance, 36.0, hash((language, number)) % 2**60)


def planned(folder, results, seed=0):
    planner = Planner(folder)
    return planner, planner.make(results, sizes=SIZES, val_share=0.1, seed=seed)


@pytest.mark.parametrize(
    ("hours", "samples", "expected"),
    # As many as the hours ask for; as many as there are consumers, if each has ten minutes; one at least.
    [(25_500, 6_200_000, 25_500), (10, 1000, 10), (2, 1000, 4), (0.5, 100, 3), (0.01, 5, 1), (100, 2, 2)],
)
def test_the_number_of_shards(hours, samples, expected):
    assert SIZES.num_shards(hours * 3600, samples) == expected


def test_every_utterance_is_in_one_shard(tmp_path):
    planner, plan = planned(tmp_path, [*corpus(300), *corpus(50, "de")])
    found = [(shard.language, utterance.key) for shard in plan.shards for utterance in planner.utterances(shard)]
    assert sorted(key for _, key in found) == sorted([f"en{n}" for n in range(300)] + [f"de{n}" for n in range(50)])
    assert all(key.startswith(language) for language, key in found)
    assert sum(shard.seconds for shard in plan.shards) == pytest.approx(350 * 36)


def test_utterances_are_shuffled_over_shards_by_the_seed(tmp_path):
    def first_shard(folder, seed):
        planner, plan = planned(tmp_path / folder, corpus(300), seed)
        return [utterance.key for utterance in planner.utterances(plan.shards[0])]

    assert first_shard("a", 1) == first_shard("b", 1)
    assert set(first_shard("a", 1)) != set(first_shard("c", 2))
    numbers = [int(key[2:]) for key in first_shard("d", 3)]
    assert max(numbers) - min(numbers) > 200


def test_a_plan_is_found_again_when_it_is_complete(tmp_path):
    _, plan = planned(tmp_path, corpus(30))
    assert Planner(tmp_path).load() == plan
    (tmp_path / "plan.json").unlink()
    assert Planner(tmp_path).load() is None


def test_what_is_left_out_is_recorded(tmp_path):
    broken = Rejection("bad", "en", "undecodable", "no")
    twice = next(corpus(1))
    planner, plan = planned(
        tmp_path, [*corpus(30), broken, twice, twice._replace(utterance=twice.utterance._replace(key="new"))]
    )
    assert [(row.key, row.reason) for row in planner.rejected()] == [
        ("bad", "undecodable"),
        ("en0", "duplicate"),
        ("new", "duplicate"),
    ]
    assert sum(shard.count for shard in plan.shards) == 30
    assert len((tmp_path / "rejected.jsonl").read_text().splitlines()) == 3
    assert json.loads((tmp_path / "plan.json").read_text())["shards"]


@pytest.mark.parametrize(("field", "value"), [("language", "../../x"), ("language", "/tmp"), ("name", "../x.tar")])
def test_a_plan_that_leads_elsewhere_is_refused(tmp_path, field, value):
    _, plan = planned(tmp_path, corpus(30))
    shards = [plan.shards[0]._replace(**{field: value})]
    (tmp_path / "plan.json").write_text(json.dumps({"notes": [], "shards": shards}))
    with pytest.raises(ValueError, match=r"it names .*, expected a (language|shard) in"):
        Planner(tmp_path).load()
