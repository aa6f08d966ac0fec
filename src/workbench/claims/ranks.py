"""The paper "Re-assessing ImageNet": what it says of ranks, in Table 3, Figure 7 and Tables 4-10."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import TABLES
from workbench.claims.registry import Claim, Finding, each, judge
from workbench.inputs.published import documents
from workbench.score import ranks

DOCUMENT = evidence.REASSESSING
RANKS, ASMA = "ranks by top-1 and by PatchML ASMA", "ASMA in Tables 3 and 4"
TIES = "min", "dense", "max"  # 1224, 1223, 2444


def _top10() -> pd.DataFrame:
    return documents.printed("table-03-top10")


def _table() -> pd.DataFrame:
    """Tables 4-10 with the ranks that their printed decimals allow."""
    table = evidence.checkpoints()
    least, most = (table["top1_v1"].rank(ascending=False, method=ties).astype(int) for ties in ("dense", "max"))
    by_top1, by_asma = ranks.rank(table["top1_v1"]), ranks.rank(table["asma_patchml"])
    return table.assign(rank=by_top1, least=least, most=most, rank_asma=by_asma, shift=by_top1 - by_asma)


@Claim(
    "R01",
    "section 4.2",
    "The five best by top-1 may not excel at several labels.",
    TABLES,
    quote="models that perform well under top-1 accuracy may not excel in predicting multiple labels, as reflected in "
    "their lower subgroup accuracy scores",
    threshold="none of the five is among the ten best by PatchML ASMA",
    evidence=RANKS,
)
def best_by_top1() -> Finding:
    """Ranks by PatchML ASMA of the five best by V1 top-1."""
    table = _table()
    five = table.nlargest(5, "top1_v1")["rank_asma"]
    value = f"they are {', '.join(map(str, five))} of {len(table)} by PatchML ASMA"
    share = 100 * five.max() / len(table)
    return judge((five > 10).all(), value, caveat=f"all of them are still among the best {share:.0f} %")


@Claim(
    "R02",
    "section 4.2",
    "Table 3 lists the ten best checkpoints by PatchML ASMA, in order.",
    TABLES,
    quote="Table 3 lists the top-10 models sorted by PatchML ASMA",
    evidence=ASMA,
)
def ten_best() -> Finding:
    """The ten largest ASMA of Tables 4-10 against Table 3."""
    printed, table = _top10(), _table()
    true = printed["timm_name"].tolist() == table.nsmallest(10, "rank_asma")["timm_name"].tolist()
    agree = printed.merge(table, on="timm_name", suffixes=("", "_table"), validate="one_to_one")
    same = (agree["asma_patchml"] == agree["asma_patchml_table"]).sum()
    value = f"the same ten in the same order; {same} of 10 ASMA are the same in Tables 3 and 4"
    return judge(true, value, caveat="one value differs by a point, without changing the order" if same < 10 else "")


def _rows() -> Iterator[Claim]:
    for number, row in enumerate(_top10().itertuples(), start=1):
        statement = f"{row.checkpoint}: top-1 rank {row.top1_rank_v1}, rises {row.rank_change}."
        numbers = f"{row.top1_v1:.2f} | {row.top1_rank_v1} | {row.asma_patchml:.2f} | {row.rank_change:+d}"
        yield Claim(
            f"R{number + 2:02d}",
            f"Table 3, row {number}",
            statement,
            TABLES,
            (row.timm_name,),
            quote=f"| {row.checkpoint} | {numbers} |",
            threshold="some rule for ties gives the printed rank from accuracies that round to the printed ones",
            evidence=RANKS,
        )


@each(_rows)
def top10_row(name: str) -> Finding:
    """A printed rank against the rank that the printed accuracies give."""
    stated = _top10().set_index("timm_name")["top1_rank_v1"][name]
    found = _table().set_index("timm_name").to_dict("index")[name]
    value = f"top-1 rank {found['rank']}, rises {found['shift']}"
    otherwise = f"no rule for ties gives rank {stated} ({found['least']} to {found['most']})"
    counted = f"{found['rank']} with ties as 1224 and {found['least']} with ties counted once"
    better = (
        f"; {found['rank'] - 1} are better for sure, too many for the usual rule (1224)"
        if stated < found["rank"]
        else ""
    )
    caveat = f"printed decimals give {counted}; {stated} fits unrounded ones, with ties counted once{better}"
    allowed = found["least"] <= stated <= found["most"]
    return judge(allowed, value, caveat="" if stated == found["rank"] else caveat, otherwise=otherwise)


@Claim(
    "R13",
    "section 4.2",
    "Each rise in Table 3 is the printed rank minus the row's position.",
    "Table 3",
    quote="providing their top-1 accuracy, ASMA scores, top-1 ranks, and the change in rank between top-1 and ASMA",
)
def rises() -> Finding:
    """Printed rank, position and rise of the ten rows."""
    table = _top10()
    fit = table["top1_rank_v1"] - np.arange(1, 11) == table["rank_change"].astype(int)
    return judge(fit.all(), f"{fit.sum()} of 10 rows")


@Claim(
    "R14",
    "Tables 3 and 4",
    "volo_d3_448 has the same ASMA in Tables 3 and 4.",
    "Tables 3 and 4",
    quote="| volo_d3_448_in1k | 86.60 | 69 | 69.16 | +63 |",
    evidence=ASMA,
)
def volo_d3() -> Finding:
    """One number that is printed twice."""
    asma = (table.set_index("timm_name")["asma_patchml"] for table in (_top10(), evidence.checkpoints()))
    three, four = (one["volo_d3_448.sail_in1k"] for one in asma)
    return judge(three == four, f"Table 3: {three}, Table 4: {four}", otherwise="one of the two is misprinted")


@Claim(
    "R15",
    "section 4.2",
    "Models with higher ASMA rise substantially in rank.",
    TABLES,
    quote="models with higher ASMA scores show substantial improvements in rank compared to their top-1 accuracy "
    "rankings",
    threshold="the ten best by ASMA rise by more than 10 places on average",
    evidence=RANKS,
)
def higher_rise() -> Finding:
    """Mean shift of the ten best by ASMA, of the ten best by top-1, and of those further down by ASMA."""
    table = _table()
    by_asma, by_top1 = (table.nsmallest(10, column)["shift"].mean() for column in ("rank_asma", "rank"))
    order = table["top1_v1"].rank().corr(table["asma_patchml"].rank())  # Spearman's
    value = f"the ten best by ASMA rise by {by_asma:.0f} places on average"
    further = table[table["rank_asma"].between(51, 100)]["shift"].mean()
    shifts = f"places 51 to 100 by ASMA shift by {further:+.0f} on average"
    caveat = (
        f"whoever ends on top can only have risen; {shifts}; over all {len(table)} the orders correlate at {order:.2f}"
    )
    return judge(by_asma > 10, f"{value}, the ten best by top-1 fall by {-by_top1:.0f}", caveat=caveat)


@Claim(
    "R16",
    "appendix B",
    "The printed rank column measures the shift between two rankings.",
    TABLES,
    quote="The tables also present , which measures the shift in model rankings between top- accuracy on ImageNetV1 "
    "and ASMA on PatchML.",
    threshold="one rule for ties, used for both rankings, gives most rows from the printed decimals",
    evidence=RANKS,
)
def printed_column() -> Finding:
    """The printed change against the difference of both ranks by each rule for ties.

    Taken as a top-1 rank minus the row's position, ranks that count ties once rise by 0 or 1 from one checkpoint to
    the next in the order of top-1.
    """
    table = _table()
    change = table["rank_change"].astype(int)
    columns = table[["top1_v1", "asma_patchml"]]
    ranked = (columns.rank(ascending=False, method=ties) for ties in TIES)
    same = [int((change == both["top1_v1"] - both["asma_patchml"]).sum()) for both in ranked]
    implied = table.assign(implied=change + np.arange(1, len(table) + 1))
    steps = implied.sort_values(["top1_v1", "implied"], ascending=[False, True])["implied"].diff().dropna()
    odd = (~steps.isin([0, 1])).sum()
    value = f"{', '.join(map(str, same))} of {len(table)} equal the difference of ranks with ties as 1224, 1223, 2444"
    mixed = f"but for {odd} odd steps it is a top-1 rank with ties of unrounded accuracies counted once, minus the row"
    level = change[table["shift"] == 0]
    caveat = f"{mixed}; the {len(level)} checkpoints with one rank in both have {', '.join(f'{n:+d}' for n in level)}"
    return judge(max(same) > len(table) / 2, value, caveat=caveat, otherwise=caveat)


@Claim(
    "R17",
    "appendix B",
    "Many models rise from top-1 to PatchML ASMA.",
    TABLES,
    quote="Notably, many models demonstrated improved rankings when evaluated using ASMA on PatchML.",
    threshold="a quarter of the checkpoints or more",
    evidence=RANKS,
)
def many_rise() -> Finding:
    """How many checkpoints rise and fall, by the ranks that printed decimals give and by the printed column."""
    table = _table()
    shifts = {"": table["shift"], "by the printed column ": table["rank_change"].astype(int)}
    up, down = ({name: int((sign * each > 0).sum()) for name, each in shifts.items()} for sign in (1, -1))
    told = [f"{name}{up[name]} rise and {down[name]} fall" for name in shifts]
    caveat = "as many fall, as in any two orders of one list: a count of rises says nothing of the measure"
    return judge(up[""] >= len(table) / 4, f"of {len(table)}, {'; '.join(told)}", caveat=caveat)
