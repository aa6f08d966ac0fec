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


def _top10() -> pd.DataFrame:
    return documents.printed("table-03-top10")


def _table() -> pd.DataFrame:
    """Tables 4-10 with the ranks that their printed decimals allow."""
    table = evidence.checkpoints()
    least, most = (table["top1_v1"].rank(ascending=False, method=ties).astype(int) for ties in ("dense", "max"))
    by_top1, by_asma = ranks.rank(table["top1_v1"]), ranks.rank(table["asma_patchml"])
    return table.assign(rank=by_top1, least=least, most=most, rank_asma=by_asma, shift=by_top1 - by_asma)


@Claim("R01", "Figure 7", "The five best by top-1 may not excel at several labels.", TABLES)
def best_by_top1() -> Finding:
    """Ranks by PatchML ASMA of the five best by V1 top-1."""
    five = _table().nlargest(5, "top1_v1")["rank_asma"]
    return judge((five > 10).all(), f"they are {', '.join(map(str, five))} of 315 by PatchML ASMA")


@Claim("R02", "Table 3", "It lists the ten best checkpoints by PatchML ASMA, in order.", TABLES)
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
        yield Claim(f"R{number + 2:02d}", f"Table 3, row {number}", statement, TABLES, (row.timm_name,))


@each(_rows)
def top10_row(name: str) -> Finding:
    """A printed rank against the rank that the printed accuracies give."""
    stated = _top10().set_index("timm_name")["top1_rank_v1"][name]
    found = _table().set_index("timm_name").to_dict("index")[name]
    value = f"top-1 rank {found['rank']}, rises {found['shift']}"
    otherwise = f"no rule for ties gives rank {stated} ({found['least']} to {found['most']})"
    counted = f"{found['rank']} with ties as 1224 and {found['least']} with ties counted once"
    caveat = f"printed decimals give {counted}; {stated} fits unrounded ones, with ties counted once"
    allowed = found["least"] <= stated <= found["most"]
    return judge(allowed, value, caveat="" if stated == found["rank"] else caveat, otherwise=otherwise)


@Claim("R13", "Table 3", "Each printed rise is the printed rank minus the row's position.", "Table 3")
def rises() -> Finding:
    """Printed rank, position and rise of the ten rows."""
    table = _top10()
    fit = table["top1_rank_v1"] - np.arange(1, 11) == table["rank_change"].astype(int)
    return judge(fit.all(), f"{fit.sum()} of 10 rows")


@Claim("R14", "Tables 3 and 4", "volo_d3_448 has the same ASMA in both tables.", "Tables 3 and 4")
def volo_d3() -> Finding:
    """One number that is printed twice."""
    asma = (table.set_index("timm_name")["asma_patchml"] for table in (_top10(), evidence.checkpoints()))
    three, four = (one["volo_d3_448.sail_in1k"] for one in asma)
    return judge(three == four, f"Table 3: {three}, Table 4: {four}", otherwise="one of the two is misprinted")


@Claim("R15", "section 4.2", "Models with higher ASMA rise substantially in rank.", TABLES)
def higher_rise() -> Finding:
    """Mean shift of the ten best by ASMA, of the ten best by top-1, and the correlation of both orders."""
    table = _table()
    by_asma, by_top1 = (table.nsmallest(10, column)["shift"].mean() for column in ("rank_asma", "rank"))
    order = table["top1_v1"].corr(table["asma_patchml"], "spearman")
    value = f"the ten best by ASMA rise by {by_asma:.0f} places on average"
    caveat = f"whoever ends on top can only have risen; over all 315 the two orders correlate at {order:.2f}"
    return judge(by_asma > 10, f"{value}, the ten best by top-1 fall by {-by_top1:.0f}", caveat=caveat)


@Claim("R16", "Tables 4-10", "The printed rank column is a difference of ranks.", TABLES)
def printed_column() -> Finding:
    """The printed change, taken as a top-1 rank minus the row's position.

    Ranks that count ties once rise by 0 or 1 from one checkpoint to the next in the order of top-1.
    """
    table = _table()
    change = table["rank_change"].astype(int)
    same = (change == table["shift"]).sum()
    implied = table.assign(implied=change + np.arange(1, len(table) + 1))
    steps = implied.sort_values(["top1_v1", "implied"], ascending=[False, True])["implied"].diff().dropna()
    odd = (~steps.isin([0, 1])).sum()
    value = f"{same} of 315 equal the difference of ranks that printed decimals give (ties as 1224)"
    caveat = f"taken as rank minus row it counts ties of unrounded accuracies once, but for {odd} odd steps"
    return judge(odd < 10, value, caveat=caveat)
