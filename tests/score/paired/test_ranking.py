"""Ranks by the joint bootstrap. Pinned: places that the 67 public models move, and what chance alone would move."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, rankdata

from workbench.errors import InputError
from workbench.score import pools, ranks
from workbench.score.paired import correctness, ranking
from workbench.score.paired.bootstrap import Resampling

TOP1 = ("v1", "top1")
FEW = Resampling(n=300)


@pytest.fixture(scope="module")
def public():
    return correctness.recht2019()


@pytest.fixture(scope="module")
def scores(public):
    return ranking.resampled(*public, resampling=FEW)


@pytest.fixture(scope="module")
def moves(scores):
    found = ranking.moves(scores, TOP1, [score for score in scores if score != TOP1])
    return found.set_index(["image_set", "metric", "statistic"]).sort_index()


def test_ranks_of_the_first_row_are_those_of_the_scores(public, scores):
    found = ranking.intervals_of(scores[TOP1])
    assert found["rank"].tolist() == rankdata(-public[0].top1.mean(axis=0), "min").tolist()
    assert (found["best"] <= found["rank"]).all()
    assert (found["rank"] <= found["worst"]).all()


def test_rank_intervals_are_quantiles_of_a_slow_ranking(scores):
    slow = np.array([rankdata(-row, "min") for row in scores["v2", "real"][1:]])
    low, high = np.quantile(slow, [0.025, 0.975], axis=0)
    found = ranking.intervals_of(scores["v2", "real"])
    assert found["best"].tolist() == np.floor(low).tolist()
    assert found["worst"].tolist() == np.ceil(high).tolist()


def test_joint_intervals_are_far_narrower_than_the_unpaired_span(scores):
    top1 = pools.recht2019().query("image_set == 'v1' and metric == 'top1' and label_count.isna()")
    span = ranks.unpaired_span(top1["ci_low"], top1["ci_high"])
    joint = ranking.intervals_of(scores[TOP1])
    assert (joint["worst"] - joint["best"]).median() == 2
    assert (span["worst"] - span["best"]).median() == 6


def test_separate_models_have_one_rank_and_equal_ones_share_all():
    drawn = np.random.default_rng(0).normal([0.9, 0.5, 0.5], 0.01, (2000, 3))
    found = ranking.intervals_of(np.vstack([[0.9, 0.5, 0.5], drawn]))
    assert found.to_numpy().tolist() == [[1, 1, 1], [2, 2, 3], [2, 2, 3]]


def test_shifts_are_those_of_the_score_table(public, scores):
    found = ranking.rank_shift(public[0].checkpoints, scores, TOP1, ("v2", "asma")).set_index("checkpoint")
    table = ranks.rank_shift(pools.recht2019(), TOP1, ("v2", "asma")).set_index("checkpoint")
    for name in ("rank_before", "rank_after", "shift"):
        assert (found[name] == table[name].reindex(found.index)).all()
    assert (found["shift_low"] <= found["shift"]).all()
    assert (found["shift"] <= found["shift_high"]).all()
    assert found["rank_after"].is_monotonic_increasing
    assert (found["best_after"] <= found["rank_after"]).all()


@pytest.mark.parametrize(
    ("after", "median", "largest", "tau"),
    [
        (("v1", "real"), 1, 8, 0.956),
        (("v2", "top1"), 1, 5, 0.964),
        (("v2", "real"), 1, 6, 0.949),
        (("v1", "asma"), 2, 9, 0.920),
        (("v2", "asma"), 1, 6, 0.944),
    ],
)
def test_places_that_the_67_move(moves, scores, after, median, largest, tau):
    seen = moves.loc[after, "value"]
    assert (seen["median"], seen["largest"]) == (median, largest)
    assert seen["tau"] == pytest.approx(tau, abs=0.0005)
    assert seen["tau"] == pytest.approx(kendalltau(scores[TOP1][0], scores[after][0])[0])


def test_asking_for_all_labels_moves_models_further_than_chance_and_other_pictures_do_not(moves):
    mean = moves.xs("mean", level="statistic")
    beyond = mean["value"] > mean["chance_high"]
    assert beyond.to_dict() == {
        ("v1", "real"): True,
        ("v1", "asma"): True,
        ("v2", "top1"): False,
        ("v2", "real"): True,
        ("v2", "asma"): True,
    }


def test_by_chance_halves_of_the_images_differ_as_two_resamples_of_their_size_do(public):
    """The resamples' noise is that of fresh images: disjoint halves need no bootstrap, and move models as far."""
    right, rng = public[1].top1, np.random.default_rng(0)
    n = len(right) // 2
    moved: dict = {"halves": [], "resamples": []}
    for _ in range(60):
        order = rng.permutation(len(right))
        pairs = {"halves": (order[:n], order[n:]), "resamples": rng.integers(0, len(right), (2, n))}
        for name, (one, other) in pairs.items():
            moved[name].append(ranks.movement(right[one].mean(axis=0), right[other].mean(axis=0))["mean"].item())
    assert np.mean(moved["halves"]) == pytest.approx(np.mean(moved["resamples"]), rel=0.12)


def test_the_null_knows_chance_where_there_is_nothing_else():
    """Two scores with one true order: what is seen lies in the range of chance, 95 times in 100."""
    rng, inside = np.random.default_rng(0), 0
    truth = np.linspace(0.5, 0.7, 30)
    for _ in range(100):
        scores = {}
        for name, true in (("top1", truth), ("real", truth**2)):
            seen = true + rng.normal(0, 0.01, 30)
            scores["v1", name] = np.vstack([seen, seen + rng.normal(0, 0.01, (200, 30))])
        mean = ranking.moves(scores, TOP1, [("v1", "real")]).set_index("statistic").loc["mean"]
        inside += bool(mean["value"] <= mean["chance_high"])
    assert inside >= 85


def test_the_interval_of_moves_leaves_out_what_noise_adds():
    """With orders that truly differ, mirroring the resamples covers the true mean move; percentiles do not."""
    rng, covered, percentiles = np.random.default_rng(1), 0, 0
    truth = np.linspace(0.5, 0.7, 30)
    other = truth + rng.normal(0, 0.01, 30)
    true = ranks.movement(truth, other)["mean"].item()
    for _ in range(60):
        drawn = []
        for one in (truth, other):
            seen = one + rng.normal(0, 0.006, 30)
            drawn.append(np.vstack([seen, seen + rng.normal(0, 0.006, (200, 30))]))
        row = ranking.moves(dict(zip([TOP1, ("v1", "real")], drawn, strict=True)), TOP1, [("v1", "real")]).iloc[2]
        covered += row["ci_low"] <= true <= row["ci_high"]
        low, high = np.quantile(ranks.movement(*(one[1:] for one in drawn))["mean"], [0.025, 0.975])
        percentiles += low <= true <= high
    assert covered > 42
    assert covered > 1.5 * percentiles


def test_a_score_does_not_move_from_itself(scores):
    found = ranking.moves(scores, TOP1, [TOP1]).set_index("statistic")
    assert found["value"].to_dict() == {"median": 0, "largest": 0, "mean": 0, "tau": 1}
    assert found["chance"].to_dict() == {"median": 0, "largest": 0, "mean": 0, "tau": 1}


def test_classes_can_be_drawn_instead(public):
    drawn = ranking.resampled(*public, ["top1"], resampling=Resampling(n=50, by="class"))
    assert ranking.intervals_of(drawn[TOP1])["rank"].tolist() == rankdata(-drawn[TOP1][0], "min").tolist()


def test_other_checkpoints_on_the_other_set_are_refused(public):
    with pytest.raises(InputError, match="not the same"):
        ranking.resampled(public[0], public[1].take(public[1].checkpoints[:5]))


def test_columns_of_shifts_are_whole_numbers(public, scores):
    found = ranking.rank_shift(public[0].checkpoints, scores, TOP1, ("v1", "asma"))
    places = found.drop(columns=["checkpoint", "value_before", "value_after"])
    assert all(pd.api.types.is_integer_dtype(kind) for kind in places.dtypes)
