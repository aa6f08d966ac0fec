"""timm's results on V1, ReaL and V2, joined by checkpoint and size."""

import pandas as pd

from workbench.inputs import committed, sources
from workbench.inputs.published import documents, leaderboards, timm_results

HEADER = "model,img_size,top1,top1_err,top5,top5_err,param_count\n"
FILES = {
    "v1": HEADER + 'one,224,80.1234567,19,95.5,4.5,"1,014.45"\none,384,81,19,96,4,86.5\ntwo,224,70,30,90,10,5.3\n',
    "real": HEADER + "two,224,76,24,92,8,5.3\none,224,85.5,14,97,3,1\n",
    "v2": HEADER + "one,384,70.25,30,90,10,86.5\n",
}


def test_results_of_one_checkpoint_and_size_stand_in_one_row(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    monkeypatch.setattr(sources, "locate", lambda name: {key: tmp_path / f"{key}.csv" for key in FILES})
    expected = pd.DataFrame(
        [
            ("one", 224, 0.801235, 0.955, 0.855, None, 1014.45),
            ("one", 384, 0.81, 0.96, None, 0.7025, 86.5),
            ("two", 224, 0.7, 0.9, 0.76, None, 5.3),
        ],
        columns=["checkpoint", "img_size", "top1", "top5", "real", "v2", "parameters"],
    )
    pd.testing.assert_frame_equal(timm_results.results(), expected, check_dtype=False, rtol=0, atol=0)


def test_timms_results_are_whole(public_files):
    table = timm_results.results()
    assert len(table) == 1556
    assert not table.duplicated(["checkpoint", "img_size"]).any()
    assert table[["top1", "top5", "real", "v2"]].max().max() < 1
    eva = table[table["checkpoint"] == "eva_giant_patch14_560.m30m_ft_in22k_in1k"].iloc[0]
    assert (eva["top1"], eva["parameters"]) == (0.8979, 1014.45)  # printed "1,014.45"


def test_the_extract_has_the_paper_at_its_largest_size_and_every_entry_at_its_own(monkeypatch):
    paper = documents.printed("tables-04-10-checkpoints")["timm_name"]
    entries = leaderboards.checkpoints().dropna(subset="checkpoint")
    entry = entries[~entries["checkpoint"].isin(paper)].iloc[0]
    rows = [
        (paper[0], 384),
        (paper[0], 224),
        (entry["checkpoint"], entry["img_size"]),
        (entry["checkpoint"], entry["img_size"] + 32),
        ("nobody's", 224),
    ]
    complete = pd.DataFrame(rows, columns=["checkpoint", "img_size"]).astype({"img_size": int})
    monkeypatch.setattr(timm_results, "results", lambda: complete)
    found = timm_results.extract()
    kept = set(found.itertuples(index=False, name=None))
    assert {rows[0], rows[2]} <= kept
    assert not kept & {rows[3], rows[4]}
    assert found.equals(found.sort_values(["checkpoint", "img_size"], ignore_index=True))
    assert not found.duplicated().any()


def test_what_is_committed_is_the_extract(public_files):
    pd.testing.assert_frame_equal(timm_results.extract(), committed.table("timm-results"))
