"""Tables to look at: a frame in, a formatted table out. Column names are written for people, numbers in percent."""

from html import escape
from string import Template
from typing import Any

import pandas as pd
from great_tables import GT, loc, style
from IPython.display import HTML

from workbench.show.charts.claims import COLOURS, SIGNS

LOOK: dict[str, Any] = {
    "table_font_size": "13px",
    "heading_title_font_size": "15px",
    "heading_align": "left",
    "data_row_padding": "4px",
    "table_margin_left": "0px",
}


def show(frame: pd.DataFrame, title: str, id: str, *, note: str = "") -> HTML:
    """A small table with a title and, below it, a note on its source; `id` names it in the page and must be
    unique there.
    """
    frame = frame.rename(columns=lambda name: str(name).replace("_", " "))
    text = frame.select_dtypes(exclude="number").columns.tolist()
    decimals = frame.select_dtypes("float").columns.tolist()
    table = (
        GT(frame, id=id)
        .tab_header(title=title)
        .cols_align("left", columns=text)
        .fmt_number(decimals, decimals=2)
        .sub_missing(missing_text="")
        .tab_style(style.text(weight="bold"), loc.column_labels())
        .tab_options(**LOOK)
    )
    return HTML((table.tab_source_note(note) if note else table).as_raw_html())


def percent(frame: pd.DataFrame) -> pd.DataFrame:
    """Every column of fractions in percent, two decimals; integers and text stay."""
    fractions = frame.select_dtypes("float").columns
    return frame.assign(**{str(name): (100 * frame[name]).round(2) for name in fractions})


def spread(values: pd.Series) -> pd.DataFrame:
    """Smallest, quartiles and largest of a column of whole numbers, as a table of one row."""
    quantiles = {"smallest": 0, "lower quarter": 0.25, "median": 0.5, "upper quarter": 0.75, "largest": 1}
    return pd.DataFrame({name: [int(values.quantile(q, interpolation="nearest"))] for name, q in quantiles.items()})


def label_counts(counts: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 1: computed beside printed numbers of images, one row per label count."""
    names = {"v1": "ImageNetV1", "v2": "ImageNetV2"}
    computed = counts.pivot(index="label_count", columns="image_set", values="n_images")
    stated = printed.pivot(index="label_count", columns="dataset", values="n_images").astype("Int64")
    columns = {
        f"{name.upper()} {kind}": values[key]
        for name, dataset in names.items()
        for kind, values, key in (("computed", computed, name), ("printed", stated, dataset))
    }
    order = counts["label_count"].drop_duplicates()
    return pd.DataFrame(columns).reindex(order).rename_axis("labels").reset_index()


def patchml_counts(counts: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 2: composites by label count, the five printed sets beside the mean of computed ones.

    `counts`: ``set, count, label_count, composites``, as of :func:`workbench.inputs.patchml.plans.counts_by_label` for each
    set. The last two columns count only composites with as many labels as patches.
    """
    stated = printed.astype({"label_count": int}).pivot(index="label_count", columns="dataset", values="n_images")
    sets = counts["set"].nunique()
    whole = counts[counts["count"] == counts["label_count"]]
    by_labels, by_both = (part.groupby("label_count")["composites"].sum() / sets for part in (counts, whole))
    columns = {
        "computed": by_labels.reindex(stated.index).round().astype(int),
        "differs by (%)": 100 * (by_labels.reindex(stated.index) / stated.mean(axis=1) - 1),
        "as many patches": by_both.reindex(stated.index).round().astype(int),
        "then differs by (%)": 100 * (by_both.reindex(stated.index) / stated.mean(axis=1) - 1),
    }
    return stated.join(pd.DataFrame(columns).round(2)).rename_axis("labels").reset_index()


def top10(shifts: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 3 as printed, with the recomputed rank by V1 top-1 and shift; joined by timm's name, as Table 3
    shortens some.
    """
    known = shifts[["checkpoint", "rank_before", "rank_after", "shift"]]
    joined = printed.merge(
        known, left_on="timm_name", right_on="checkpoint", how="left", validate="one_to_one", suffixes=("", "_known")
    )
    columns = {
        "checkpoint": "checkpoint",
        "top1_v1": "V1 top-1 (%)",
        "top1_rank_v1": "rank, printed",
        "rank_before": "rank",
        "asma_patchml": "PatchML ASMA (%)",
        "rank_after": "rank by ASMA",
        "rank_change": "shift, printed",
        "shift": "shift",
    }
    return joined[list(columns)].rename(columns=columns)


def all_checkpoints(printed: pd.DataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Tables 4-10 in one: the printed percentages and rank change, with the recomputed ranks and shift."""
    known = shifts[["checkpoint", "rank_before", "rank_after", "shift"]]
    joined = printed.merge(known, on="checkpoint", how="left", validate="one_to_one").drop(columns=["timm_name"])
    titles = {
        f"{metric}_{name}": f"{title} {name.upper()}" for metric, title in _METRICS.items() for name in ("v1", "v2")
    }
    others = {
        "asma_patchml": "ASMA PatchML",
        "rank_before": "rank V1 top-1",
        "rank_after": "rank PatchML",
        "shift": "shift",
        "rank_change": "shift, printed",
    }
    return joined.rename(columns=titles | others)[["checkpoint", *titles.values(), *others.values(), "table"]]


def reconciled(table: pd.DataFrame) -> pd.DataFrame:
    """Leaderboard entries beside timm, the paper and one's own predictions; from
    :func:`workbench.score.reconciliation.reconcile`. One's own columns are left out where there are none.
    """
    names = {
        "rank": "rank",
        "model": "model",
        "reported": "reported",
        "checkpoint": "timm checkpoint",
        "identity": "identity",
        "timm": "timm",
        "difference": "timm - reported",
        "status": "status",
        "paper": "paper (resize)",
        "own": "own",
        "own_protocol": "own protocol",
        "own_status": "own status",
    }
    sized = table["checkpoint"].astype("string") + " at " + table["img_size"].astype("Int64").astype("string")
    shown = percent(table.assign(checkpoint=sized)[["leaderboard", *names]]).rename(columns=names)
    return shown if table["own"].notna().any() else shown.drop(columns=["own", "own protocol", "own status"])


_METRICS = {"top1": "top-1", "real": "ReaL", "asma": "ASMA"}


def browse(frame: pd.DataFrame, id: str, *, height: int = 420) -> HTML:
    """A long table that is searched by typing and sorted by a click on a column's name.

    Without JavaScript it is a plain table, complete and readable. `height` is in pixels.
    """
    head = "".join(f"<th scope='col'><button type='button'>{escape(str(name))}</button></th>" for name in frame.columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in frame.itertuples(index=False))
    return HTML(_PAGE.substitute(id=id, head=head, body=body, height=height, rows=len(frame)))


def _cell(value) -> str:
    if pd.isna(value):
        return "<td></td>"
    if isinstance(value, float):
        return f"<td class='n'>{value:.2f}</td>"
    return f"<td class='n'>{value}</td>" if isinstance(value, int) else f"<td>{escape(str(value))}</td>"


_PAGE = Template("""<div class="browse" id="$id">
<style>
#$id {font: 13px Helvetica, Arial, sans-serif; color: #222; background: #fff; padding: 4px}
#$id input {font: inherit; padding: 4px 8px; width: 24em; max-width: 90%; margin: 4px 0; border: 1px solid #888}
#$id div {max-height: ${height}px; overflow: auto; border: 1px solid #ddd}
#$id table {border-collapse: collapse; width: 100%; margin: 0}
#$id th {position: sticky; top: 0; background: #f4f4f4; text-align: left; padding: 0}
#$id th button {all: unset; cursor: pointer; padding: 5px 8px; font-weight: bold; display: block}
#$id th button:focus-visible {outline: 2px solid #0072B2}
#$id th[aria-sort=ascending] button::after {content: " \\25B2"}
#$id th[aria-sort=descending] button::after {content: " \\25BC"}
#$id td {padding: 3px 8px; border-top: 1px solid #eee; text-align: left; white-space: nowrap}
#$id td {background: #fff; color: #222}
#$id td.n {text-align: right; font-variant-numeric: tabular-nums}
</style>
<label>Search <input type="search" placeholder="part of a name, for instance volo"></label> <span>$rows rows</span>
<div tabindex="0"><table><thead><tr>$head</tr></thead><tbody>$body</tbody></table></div>
<script>
(() => {
  const root = document.getElementById("$id"), body = root.querySelector("tbody"), rows = [...body.rows];
  root.querySelector("input").addEventListener("input", event => {
    const wanted = event.target.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    root.querySelector("span").textContent = rows.filter(row => !row.hidden).length + " rows";
  });
  root.querySelectorAll("th").forEach((th, column) => th.firstChild.addEventListener("click", () => {
    const down = th.getAttribute("aria-sort") === "ascending", value = row => row.cells[column].textContent;
    const compare = (a, b) => value(a) - value(b) || value(a).localeCompare(value(b));
    root.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows.sort((a, b) => down ? compare(b, a) : compare(a, b)));
  }));
})();
</script>
</div>""")


def claims(rows: pd.DataFrame, title: str, id: str) -> HTML:
    """Claims with verdict, value found, and caveat or reason; text wraps, nothing is cut."""
    frame = pd.DataFrame(
        {
            "id": rows["id"],
            "claim": rows["claim"] + " (" + rows["place"] + ")",
            "verdict": rows["verdict"].replace(SIGNS) + " " + rows["verdict"],
            "found": rows["value"],
            "because": rows["because"],
        }
    )
    shown = GT(frame, id=id).tab_header(title=title).cols_align("left").tab_options(**LOOK, table_width="100%")
    shown = shown.cols_width(id="5%", claim="29%", verdict="12%", found="28%", because="26%")
    shown = shown.tab_style(style.text(weight="bold"), loc.column_labels())
    shown = shown.tab_style(style.css("vertical-align: top; overflow-wrap: anywhere;"), loc.body())
    for verdict, colour in COLOURS.items():
        chosen = (rows["verdict"] == verdict).to_numpy().nonzero()[0].tolist()
        shown = shown.tab_style(style.text(color=colour, weight="bold"), loc.body(columns=["verdict"], rows=chosen))
    return HTML(shown.as_raw_html())
