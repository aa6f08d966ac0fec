"""Tables of every form give the same predictions; what fits none is refused with what was seen and what would do."""

import contextlib
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import classes
from workbench.predict import imports

V1 = "ILSVRC2012_val_0000{:04}"
IMAGENET_X = """file_name,predicted_class,predicted_probability
ILSVRC2012_val_00000007.JPEG,394,0.5530332327
ILSVRC2012_val_00000009.JPEG,0,0.8365915418000001
ILSVRC2012_val_00000011.JPEG,999,1.0
"""
IDS = ["b.png", "a.png", "c/d.png"]
BEST = [[3, 1, 0], [999, 2, 7], [5, 6, 8]]
CHANCES = [[0.5, 0.25, 0.125], [0.5, 0.375, 0.125], [0.75, 0.25, 0.0]]


@pytest.fixture
def load(tmp_path):
    """``load("image,class\\n...")`` or ``load(frame)``: what import makes of it."""

    def call(table, suffix=".csv", image_set="mine", **options):
        path = tmp_path / f"mine{suffix}"
        if isinstance(table, str):
            path.write_text(table)
        else:
            table.to_csv(path, index=False) if suffix == ".csv" else table.to_parquet(path)
        return imports.import_file(path, checkpoint="net", image_set=image_set, protocol="crop", **options)

    return call


def long(order=(0, 1, 2), **extra):
    """One row a class, the images one after the other, the classes of each in `order`."""
    rows = [(image, k, BEST[i][k], CHANCES[i][k]) for i, image in enumerate(IDS) for k in order]
    return pd.DataFrame(rows, columns=["image", "rank", "class", "score"]).assign(**extra)


def wide(word, first=1, **scores):
    best = {f"{word}{n + first}": [row[n] for row in BEST] for n in range(3)}
    chances = {f"{name}{n + first}": [row[n] for row in CHANCES] for name in scores for n in range(3)}
    return pd.DataFrame({"image": IDS} | best | chances)


def test_imagenet_x_comes_in_as_it_is(load):
    found = load(IMAGENET_X, image_set="v1")
    assert found.images.tolist() == [V1.format(n) for n in (7, 9, 11)]
    assert found.classes.tolist() == [[394], [0], [999]]
    np.testing.assert_allclose(found.scores, [[0.5530332327], [0.8365915418], [1]], rtol=1e-6)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(
    ("table", "scored"),
    [
        (long().drop(columns="score"), False),
        (long(), True),
        (long(order=(2, 0, 1)), True),
        (long(order=(2, 1, 0)).drop(columns="rank"), True),
        (long().assign(rank=lambda f: f["rank"] + 1), True),
        (long().rename(columns={"image": "File Name", "class": "prediction", "score": "probability"}), True),
        (long().sort_values("rank", kind="stable"), True),  # all first classes, then all second ones
        (wide("class_"), False),
        (wide("top"), False),
        (wide("pred_", 0), False),
        (wide("class_", 1, prob_=True), True),
        (wide("pred", 0, score=True), True),
        (wide("class_").iloc[:, [3, 2, 1, 0]], False),
        (wide("class_").astype({f"class_{n}": float for n in (1, 2, 3)}), False),
    ],
)
def test_long_and_wide_tables_are_the_same_predictions(load, table, scored, suffix):
    found = load(table, suffix)
    assert found.images.tolist() == IDS
    assert found.classes.tolist() == BEST
    assert (found.scores is None) or found.scores.tolist() == CHANCES
    assert (found.scores is not None) == scored


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(
    "written",
    [
        [3, 134],
        ["3", "n02012849"],
        ["n01491361", "n02012849"],
        ["tiger shark", "crane (134)"],
        ["Tiger_Shark", "134"],
        ["tiger shark, Galeocerdo cuvieri", " 134 "],
    ],
)
def test_classes_are_indices_wordnet_ids_or_names(load, written, suffix):
    assert load(pd.DataFrame({"image": ["a", "b"], "class": written}), suffix).classes.tolist() == [[3], [134]]


def test_a_name_is_a_class_only_where_one_class_alone_bears_it(load):
    with pytest.raises(InputError, match=r"'crane', which 134 and 517 are called; expected an index from 0 to 999"):
        load("image,class\na,tench\nb,crane\n")
    with pytest.raises(InputError, match="'cat', which names no class"):
        load("image,class\na,tench\nb,cat\n")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["{}", "logit_{}", "prob{}", "wnid"])
def test_a_thousand_outputs_go_by_their_names(load, name, suffix, rng):
    chances = rng.dirichlet(np.ones(1000), 3)
    names = classes.wnids() if name == "wnid" else [name.format(n) for n in range(1000)]
    frame = pd.DataFrame(chances, columns=list(names)).iloc[:, ::-1].assign(path=IDS)
    found = load(frame, suffix, topk=2)
    assert found.classes.tolist() == np.argsort(-chances)[:, :2].tolist()
    np.testing.assert_allclose(found.scores, -np.sort(-chances)[:, :2], rtol=1e-5)


def test_outputs_of_which_some_are_whole_numbers_are_outputs(load, rng):
    outputs = rng.normal(size=(3, 1000))
    outputs[:, 4] = 77
    assert load(pd.DataFrame(outputs).assign(image=IDS)).classes[:, 0].tolist() == [4, 4, 4]


def test_a_thousand_whole_floats_are_outputs_and_whole_numbers_are_classes(load):
    assert load(pd.DataFrame(np.eye(1000)[[7]]).assign(image="a"), ".parquet").classes[0, 0] == 7
    ranking = np.arange(1000)[None, ::-1]
    assert load(pd.DataFrame(ranking).assign(image="a"), ".parquet").classes.tolist() == ranking.tolist()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_column_that_is_not_read_is_told(load, suffix):
    frame = pd.DataFrame({"image": ["a"], "class": [7], "predicted_class": [8], "speed": [0.1]})
    with pytest.warns(
        UserWarning, match=r"mine\.\w+: the classes are read from 'predicted_class'; 'class', 'speed' not"
    ):
        assert load(frame, suffix).classes.tolist() == [[8]]


@pytest.mark.filterwarnings("error")
def test_row_numbers_of_pandas_are_not_told(load, tmp_path):
    frame = pd.DataFrame({"image": ["a", "b"], "class": [7, 8]})
    assert load(frame.to_csv()).classes.tolist() == [[7], [8]]
    assert load(frame.set_index("image"), ".parquet").images.tolist() == ["a", "b"]
    assert load(frame.assign(**{"class": frame["class"].astype("category")}), ".parquet").classes.tolist() == [[7], [8]]


def test_scores_that_are_no_probabilities_order_the_classes_and_are_not_kept(load):
    with pytest.warns(UserWarning, match="no softmax probabilities"):
        found = load("image,class,logit\na,3,-1.5\na,4,9.5\nb,5,2\nb,6,1\n")
    assert (found.classes.tolist(), found.scores) == ([[4, 3], [5, 6]], None)
    for score in ("97.5", "-0.5"):
        with pytest.warns(UserWarning, match="no softmax probabilities"):
            assert load(f"image,class,score\na,3,{score}\n").scores is None
    with pytest.warns(UserWarning, match="no softmax probabilities"):
        assert load("image,class,rank,score\na,3,1,0.7\na,4,2,0.6\n").scores is None


def test_equal_scores_keep_the_order_of_the_rows(load):
    assert load("image,class,score\na,9,0.2\na,3,0.2\na,5,0.3\n").classes.tolist() == [[5, 9, 3]]


def test_empty_scores_are_none(load):
    assert load("image,class,score\na,9,\nb,3,\n").scores is None


def test_names_of_pictures_are_text_and_keep_their_folders(load):
    assert load("image_id,class\n007,9\n08,3\n").images.tolist() == ["007", "08"]
    sha1 = "0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10"
    written = f"path,pred\nb-33/7/{sha1}.jpeg,7\nval\\n01440764\\ILSVRC2012_val_00000293.JPEG,0\n"
    assert load(written).images.tolist() == [f"7/{sha1}", "n01440764/ILSVRC2012_val_00000293"]
    assert load(written, image_set="v2").images.tolist() == [sha1, "ILSVRC2012_val_00000293"]


def test_an_image_list_gives_the_names_that_a_table_lacks(load, tmp_path):
    (tmp_path / "ids.csv").write_text("file_name,label\nb.png,1\na.png,2\n")
    assert load("prediction\n7\n8\n", images=tmp_path / "ids.csv").images.tolist() == ["b.png", "a.png"]
    with pytest.raises(InputError, match="names no images; give --images"):
        load("prediction\n7\n8\n")


BAD = [
    (
        "image,speed,target\na,1,2\n",
        r"mine\.csv has the columns 'image', 'speed', 'target'; expected a picture \('image', 'f",
    ),
    (
        "image,speed,target\na,1,2\n",
        r"\('class', 'prediction', 'predicted_class', \.\.\.\).*'score'.*'rank'.*'class_1'.*1000 o",
    ),
    ("image\na\nb\n", "has the columns 'image'; expected"),
    ("image,class\n", "has no row"),
    ("image,class,class\na,1,2\n", "a column twice"),
    ("image,class\na,1\na,2\n", "1 image has several rows, 'a', and neither a 'rank' nor a 'score'"),
    ("image,class\na,1\n,2\n", "no image id in column 'image'"),
    ("image,class\na,1\nb,\n", "1 row has no class in column 'class'"),
    ("image,class\na,tench\nb,\n", "'', which names no class"),
    ("image,class\na,-1\n", "-1 for image 'a'"),
    ("image,class\na,1000\n", r"1000 for image 'a'.*subtract 1"),
    ("image,class\na,9223372036854775807\n", "lies outside 0-999"),
    ("image,class\na,99999999999999999999999\n", "has 1e[+]23, which is no class index"),
    ("image,class\na,3.5\n", "column 'class' has 3.5, which is no class index"),
    ("image,class\na,nan\nb,3\n", "1 row has no class"),
    ("image,class\na,inf\nb,3\n", "has inf, which is no class index"),
    ("image,class\na,true\n", "has True, which names no class"),
    ("image,class_1,class_2\na,1,2\nb,3,\n", "1 row has no class in column 'class_2'"),
    ("image,class_1,class_2\na,1,1\n", "with a class twice"),
    ("image,class_1,class_2\na,0.1,0.2\n", r"outputs have shape \(1, 2\); expected \(n, 1000\)"),
    ("image,class,score\na,1,nan\nb,2,0.5\n", "1 row holds NaN or infinity in 'score'"),
    ("image,class,score\na,1,high\n", "column 'score' holds (object|str|string) values; expected numbers"),
    ("image,class_1,class_2,prob_1,prob_2\na,1,2,0.1,0.9\n", "scores that increase"),
    ("image,rank,class\na,1,1\na,3,2\n", "the ranks of each image must be 1 to 2, or 0 to 1"),
    ("image,rank,class\na,1,1\na,1,2\n", "the ranks of each image must be 1 to 2"),
    ("image,rank,class\na,2,1\na,3,2\n", "the ranks of each image must be 1 to 2"),
    ("image,rank,class\na,1,1\na,2,2\nb,0,1\nb,1,2\n", "the ranks of each image must be 1 to 2"),
    ("image,rank,class\na,1,1\na,2,2\nb,1,1\n", "images have 1 to 2 rows, 'a' the most"),
    ("image,rank,class,score\na,1,1,0.2\na,2,2,0.7\n", "scores that increase"),
    ("image,class,score\na,1,0.7\na,1,0.2\n", "with a class twice"),
    (
        "image,class,score\nval/ILSVRC2012_val_00000007.JPEG,1,0.7\nILSVRC2012_val_00000007.JPEG,2,0.2\n",
        "more than once",
    ),
]


@pytest.mark.parametrize(("table", "message"), BAD, ids=[repr(table) for table, _ in BAD])
def test_a_table_that_does_not_fit_is_refused_with_what_was_seen(load, table, message):
    with pytest.raises(InputError, match=message):
        load(table)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"image": [1, 2], "class": [3, 4]}), "column 'image' holds int64 values; expected the names"),
        (pd.DataFrame({"image": ["a", None], "class": [3, 4]}), "no image id in column 'image'"),
        (
            pd.DataFrame({"image": ["a"], "class": [2**64 - 1]}, dtype=object).astype({"class": "uint64"}),
            "outside 0-999",
        ),
        (pd.DataFrame({"image": ["a"], "classes": [["n01440764"]]}), "lists in 'classes' hold object values"),
        (pd.DataFrame({"image": ["a"], "classes": [[3]], "scores": [[None]]}), "lists in 'scores' hold object values"),
        (pd.DataFrame({"image": ["a"], "class": [True]}), "has True, which names no class"),
    ],
)
def test_a_parquet_file_of_other_types_is_refused(load, frame, message):
    with pytest.raises(InputError, match=message):
        load(frame, ".parquet")


def test_many_columns_are_named_in_part(load):
    with pytest.raises(InputError, match=r"'x7' and 92 more; expected"):
        load(pd.DataFrame(np.zeros((1, 99)), columns=[f"x{n}" for n in range(99)]).assign(image="a").iloc[:, ::1])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_top_k_comes_back_from_any_form(tmp_path_factory, data):
    n, k = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    best = [data.draw(st.permutations(range(12)))[:k] for _ in range(n)]
    chances = [sorted((data.draw(st.integers(0, 255)) / 1024 for _ in range(k)), reverse=True) for _ in range(n)]
    form = data.draw(st.sampled_from(["rank", "score", "wide"]))
    if form == "wide":
        table = pd.DataFrame(best, columns=[f"class_{i}" for i in range(k)]).assign(
            image=[f"i{row}" for row in range(n)]
        )
        table = table.assign(**{f"score_{i}": [row[i] for row in chances] for i in range(k)})
    else:
        rows = [(f"i{row}", i, best[row][i], chances[row][i]) for row in range(n) for i in range(k)]
        table = pd.DataFrame(rows, columns=["image", "rank", "class", "score"])
        shuffled = table.iloc[data.draw(st.permutations(range(n * k)))]
        table = shuffled if form == "rank" else table.drop(columns="rank")
    path = tmp_path_factory.mktemp("any") / "mine.parquet"
    table.to_parquet(path, index=False)
    found = imports.import_file(path, checkpoint="net", image_set="mine", protocol="crop")
    assert found.scores is not None
    back = dict(zip(found.images, zip(found.classes.tolist(), found.scores.tolist(), strict=True), strict=True))
    assert back == {f"i{row}": (list(best[row]), chances[row]) for row in range(n)}


CELLS = st.one_of(
    st.integers(-3, 1002), st.floats(), st.text(max_size=6), st.sampled_from(["", "n01440764", "9" * 5000])
)
HEADERS = st.sampled_from(["image", "class", "score", "rank", "top1", "top2", "prob_1", "", "x", "pred", "0", "1"])


@settings(deadline=None, max_examples=200)
@given(st.lists(HEADERS, min_size=1, max_size=5), st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=4))
@example(["image", "class"], [["a", "9" * 5000, 0, 0, 0], ["b", "tench", 0, 0, 0]])
def test_any_table_is_read_or_refused_in_a_sentence(tmp_path_factory, headers, rows):
    stream = io.StringIO()
    pd.DataFrame([row[: len(headers)] for row in rows], columns=headers).to_csv(stream, index=False)
    path = tmp_path_factory.mktemp("any") / "mine.csv"
    path.write_text(stream.getvalue(), encoding="utf-8", errors="replace")
    with contextlib.suppress(InputError, DamagedFileError):
        assert imports.import_file(path, checkpoint="net", image_set="mine", protocol="crop").classes.max() < 1000
