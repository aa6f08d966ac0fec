"""Charts of the reviewed mistakes: a frame of `workbench.score.mistakes.reviews` in, an Altair chart out."""

import altair as alt
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.published.mistakes import SEVERITIES
from workbench.show.marks import caption, extent, looks, percent, percents, rows, tips
from workbench.show.theme import BLUE, DARK_ORANGE, GREY, INK, ORANGE, RED

SEVERITY_COLOURS = dict(zip(SEVERITIES, (RED, "#E69F00", "#999999"), strict=True))
SOLVED = {  # how many models are right
    "none": ("no model is right", "#BBBBBB"),
    "some": ("some are", "#9ECAE1"),
    "most": ("more than half are", BLUE),
}
FEW = 10  # a group of fewer pictures says nothing of a model
LABELS = {"original": "by the original label", "real": "by ReaL (any valid label)"}


def mistakes_by_severity(counts: pd.DataFrame) -> alt.FacetChart:
    """Mistakes by category and severity, one panel a model; takes :func:`workbench.score.mistakes.reviews.counts`."""
    order = counts.groupby("category")["n_images"].sum().sort_values(ascending=False).index.tolist()
    totals = counts.groupby("model")["n_images"].sum()
    panels = {model: f"{model}: {totals[model]} mistakes" for model in counts["model"].drop_duplicates()}
    # Every cell has its row, zeros too: Vega-Lite shifts the panels of a facet that lacks one.
    every = pd.MultiIndex.from_product([totals.index, order, SEVERITIES], names=["model", "category", "severity"])
    frame = counts.set_index(every.names)["n_images"].reindex(every, fill_value=0).reset_index()
    # A tenth of room at the right, for the number beside the longest bar.
    room = alt.Scale(domainMax=int(extent(1.1 * counts["n_images"], 5)[1]))
    base = alt.Chart(frame.assign(panel=frame["model"].map(panels))).encode(
        y=rows("severity", SEVERITIES),
        x=alt.X("n_images:Q", title="pictures", scale=room, axis=alt.Axis(tickCount=4)),
        tooltip=["model", "category", "severity", *tips(n_images="pictures")],
    )
    bars = base.mark_bar().encode(color=alt.Color("severity:N", scale=looks(SEVERITY_COLOURS), legend=None))
    header = alt.Header(labelAngle=0, labelAlign="left", labelFontSize=12, labelLimit=210)
    row = alt.Row("category:N", sort=order, title=None, header=header)
    column = alt.Column("panel:N", sort=list(panels.values()), title=None, header=alt.Header(labelFontSize=13))
    drawn = (bars + _numbers(base)).properties(width=130, height=alt.Step(17))
    title = alt.Title("The remaining mistakes, by category and severity", subtitle="as experts reviewed them")
    return drawn.facet(row=row, column=column, spacing={"row": 10, "column": 24}, title=title)


def confused_pairs(confused: pd.DataFrame, *, least: int = 3) -> alt.LayerChart:
    """The classes confused on `least` pictures or more; takes :func:`workbench.score.mistakes.reviews.pairs`."""
    frame = confused[confused["n_images"] >= least]
    frame = frame.assign(pair=frame["original"] + " → " + frame["predicted"])[["pair", "n_images"]]
    base = alt.Chart(frame).encode(
        y=rows("pair", frame["pair"].tolist()),
        x=alt.X("n_images:Q", title="pictures", axis=alt.Axis(tickMinStep=1, format="d")),
        tooltip=["pair", *tips(n_images="pictures")],
    )
    title = alt.Title(
        "The most confused classes: original label → predicted",
        subtitle="both models together; a picture that both confuse alike counts once",
    )
    return (base.mark_bar(color=BLUE) + _numbers(base)).properties(width=300, height=alt.Step(19), title=title)


def _numbers(base: alt.Chart) -> alt.Chart:
    return base.mark_text(align="left", dx=4, fontSize=11).encode(text="n_images:Q")


def failing_against_overall(shares: pd.DataFrame) -> alt.HConcatChart:
    """Each public model: share right on the pictures where one model fails, against its accuracy on all pictures.

    Takes :func:`workbench.score.mistakes.failing.shares`. The failing model's own share on these pictures is a line.
    Raises `InputError` where the failing model cannot be told.
    """
    own, n = _failing_model(shares)
    failing = shares[shares["group"] == "failing"]
    domain = [extent(percent(failing["overall"]), 10)[0], 100.0]
    columns = [_panel(part, own, LABELS[str(labels)], domain) for labels, part in failing.groupby("labels", sort=False)]
    others = failing.dropna(subset="overall")
    lower = int((others["share"] < others["overall"]).groupby(others["checkpoint"]).all().sum())
    title = alt.Title(
        f"{lower} of {n} models are worse where {own} fails than on all pictures",
        subtitle=[
            f"each dot is one of the {n} public models with its 95 % interval;",
            "dashed: equal to all pictures",
        ],
    )
    return alt.hconcat(*columns, spacing=26, title=title)


def _failing_model(shares: pd.DataFrame) -> tuple[str, int]:
    """The model whose mistakes these are, known by having no accuracy on all pictures, and the number of others."""
    known = shares.groupby("checkpoint")["overall"].count() > 0
    unknown = known.index[~known].tolist()
    if len(unknown) != 1:
        seen = f"{len(unknown)} checkpoints have no accuracy on all pictures {unknown[:3]}"
        advice = "take the table of workbench.score.mistakes.failing.shares whole"
        raise InputError(f"{seen}; expected exactly one, the one whose mistakes these are: {advice}")
    return unknown[0], int(known.sum())


def _panel(part: pd.DataFrame, own: str, heading: str, domain: list[float]) -> alt.LayerChart:
    frame = part[["checkpoint"]].assign(**percents(part, "overall", "share", "ci_low", "ci_high"))
    line = frame.loc[frame["checkpoint"] == own, "share"].iloc[0]
    x = alt.X(
        "overall:Q",
        title="right on all pictures (%)",
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(tickCount=4),
    )
    scale = alt.Scale(domain=[0, 100])
    y = alt.Y("share:Q", title=f"right where {own} fails (%)", scale=scale)
    base = alt.Chart(frame[frame["checkpoint"] != own]).encode(x=x)
    bars = base.mark_rule(color=BLUE, opacity=0.25).encode(y=alt.Y("ci_low:Q", scale=scale), y2="ci_high:Q")
    dots = base.mark_circle(color=BLUE, size=28, opacity=0.9)
    dots = dots.encode(y=y, tooltip=["checkpoint", "overall", "share", "ci_low", "ci_high"])
    diagonal = alt.Chart(pd.DataFrame({"overall": domain, "share": domain}))
    diagonal = diagonal.mark_line(color="#888888", strokeDash=[5, 4]).encode(x=x, y=y)
    level = alt.Chart(pd.DataFrame({"share": [line], "text": [f"{own} itself: {line:.0f} %"]})).encode(y=y)
    rule = level.mark_rule(color=ORANGE, strokeWidth=2)
    text = level.mark_text(align="left", dx=4, dy=-8, color=DARK_ORANGE, fontWeight="bold")
    text = text.encode(x=alt.XValue(0), text="text:N")
    told = caption([heading, f"{part['n_images'].iloc[0]} pictures"])
    return (diagonal + rule + bars + dots + text).properties(width=215, height=260, title=told)


def failing_groups(shares: pd.DataFrame) -> alt.HConcatChart:
    """Every model's share right in each group of pictures, a row a group; the tick is the median model.

    Takes :func:`workbench.score.mistakes.failing.shares`; the failing model's own share is a diamond. Groups of fewer
    than 10 pictures are left out. Raises `InputError` where the failing model cannot be told.
    """
    own, n = _failing_model(shares)
    heads = {"overall": "all pictures of V1", "failing": f"where {own} fails"}
    place = {name: place for place, name in enumerate(SEVERITIES)}
    many = shares[shares["n_images"] >= FEW].sort_values("value", key=lambda c: c.map(place).fillna(-1), kind="stable")
    columns = []
    for labels, part in many.groupby("labels"):
        row = part["value"].where(part["value"] != "", part["group"].map(heads))
        frame = part[["checkpoint"]].assign(row=row, share=percent(part["share"]), own=part["checkpoint"] == own)
        columns.append(_strips(frame, LABELS[str(labels)], first=not columns))
    title = alt.Title(
        "Which of the remaining mistakes do other models get right?",
        subtitle=[f"each dot is one of the {n} public models, the tick their median,", f"the diamond {own} itself"],
    )
    return alt.hconcat(*columns, spacing=16, title=title)


def _strips(frame: pd.DataFrame, heading: str, *, first: bool) -> alt.LayerChart:
    order = frame["row"].drop_duplicates().tolist()
    base = alt.Chart(frame).encode(
        x=alt.X("share:Q", title="right (%)", scale=alt.Scale(domain=[0, 100])),
        y=rows("row", order, grid=False, labels=first, ticks=first, domain=first),
        tooltip=["checkpoint", "row", "share"],
    )
    others = base.transform_filter("!datum.own")
    dots = others.mark_circle(size=22, color=GREY, opacity=0.3)
    ticks = others.mark_tick(color=BLUE, thickness=3, size=18).encode(x="median(share):Q", tooltip=["row"])
    own = base.transform_filter("datum.own").mark_point(shape="diamond", filled=True, size=80, color=ORANGE, opacity=1)
    return (dots + ticks + own).properties(width=190, height=alt.Step(24), title=caption(heading))


def solved_mistakes(counts: pd.DataFrame, shares: pd.DataFrame) -> alt.LayerChart:
    """For how many of the pictures none, some or most of the public models are right; by the original label.

    Takes :func:`workbench.score.mistakes.failing.solved`, and :func:`workbench.score.mistakes.failing.shares`, which
    says how many models they are and who fails. Raises `InputError` where the failing model cannot be told.
    """
    own, n = _failing_model(shares)
    frame = counts[counts["labels"] == "original"]
    totals = frame.groupby("severity")["n_images"].sum()
    row = {severity: f"{severity} ({totals[severity]})" for severity in SEVERITIES if severity in totals}
    columns = {
        "row": frame["severity"].map(row),
        "right": frame["right"].map({kind: name for kind, (name, _) in SOLVED.items()}),
        "percent": percent(frame["n_images"] / frame["severity"].map(totals)),
        "n_images": frame["n_images"],
        "place": frame["right"].map(list(SOLVED).index),
    }
    base = alt.Chart(pd.DataFrame(columns)).encode(
        y=rows("row", list(row.values())),
        x=alt.X("percent:Q", stack="zero", title=f"share of the pictures where {own} fails (%)"),
        order="place:O",
        tooltip=["row", "right", "n_images", "percent"],
    )
    color = alt.Color("right:N", title=None, scale=looks(dict(SOLVED.values())))
    white = alt.condition("datum.place == 2", alt.value("white"), alt.value(INK))  # on the darkest bar
    text = base.mark_text(align="right", dx=-6, fontSize=11).encode(text="n_images:Q", color=white)
    title = alt.Title("Are they hard for all?", subtitle=f"{n} public models, right by the original label")
    return (base.mark_bar(stroke="white").encode(color) + text).properties(width=420, height=alt.Step(34), title=title)
