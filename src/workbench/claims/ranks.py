"""The paper "Re-assessing ImageNet": what it says of ranks, in Table 3, Figure 7 and Tables 4-10."""

import numpy as np
import pandas as pd

from workbench.claims.reassessing import DOCUMENT, TABLES
from workbench.claims.registry import Claim, Finding, judge, records
from workbench.inputs.published import documents
from workbench.score import ranks

__all__ = ["DOCUMENT", "claims"]


def claims() -> list[Claim]:
    """Its claims on ranks; each row of Table 3 is one."""
    top10 = documents.printed("table-03-top10")
    return [
        Claim("R01", "Figure 7", "The five best by top-1 may not excel at several labels.", best_by_top1, TABLES),
        Claim("R02", "Table 3", "It lists the ten best checkpoints by PatchML ASMA, in order.", ten_best, TABLES),
        *[
            Claim(
                f"R{number:02d}",
                f"Table 3, row {number - 2}",
                f"{row.checkpoint}: top-1 rank {row.top1_rank_v1}, rises {row.rank_change}.",
                top10_row,
                TABLES,
                (row.timm_name,),
            )
            for number, row in enumerate(top10.itertuples(), start=3)
        ],
        Claim("R13", "Table 3", "Each printed rise is the printed rank minus the row's position.", rises, "Table 3"),
        Claim("R14", "Tables 3 and 4", "volo_d3_448 has the same ASMA in both tables.", volo_d3, "Tables 3 and 4"),
        Claim("R15", "section 4.2", "Models with higher ASMA rise substantially in rank.", higher_rise, TABLES),
        Claim("R16", "Tables 4-10", "The printed rank column is a difference of ranks.", printed_column, TABLES),
    ]


def _table() -> pd.DataFrame:
    """Tables 4-10 with the ranks that their printed decimals allow."""
    table = documents.printed("tables-04-10-checkpoints")
    falling = (
        table["top1_v1"].rank(ascending=False, method="dense"),
        table["top1_v1"].rank(ascending=False, method="max"),
    )
    return table.assign(
        rank=ranks.rank(table["top1_v1"]),
        least=falling[0].astype(int),
        most=falling[1].astype(int),
        rank_asma=ranks.rank(table["asma_patchml"]),
        position=range(1, len(table) + 1),
    )


def best_by_top1() -> Finding:
    """Ranks by PatchML ASMA of the five best by V1 top-1."""
    five = _table().nlargest(5, "top1_v1")
    found = ", ".join(map(str, five["rank_asma"]))
    return judge(bool((five["rank_asma"] > 10).all()), f"they are {found} of 315 by PatchML ASMA")


def ten_best() -> Finding:
    """The ten largest ASMA of Tables 4-10 against Table 3."""
    printed, table = documents.printed("table-03-top10"), _table()
    true = printed["timm_name"].tolist() == table.nsmallest(10, "rank_asma")["timm_name"].tolist()
    agree = printed.merge(table, on="timm_name", suffixes=("", "_table"), validate="one_to_one")
    same = int((agree["asma_patchml"] == agree["asma_patchml_table"]).sum())
    value = f"the same ten in the same order; {same} of 10 ASMA are the same in Tables 3 and 4"
    return judge(true, value, caveat="one value differs by a point, without changing the order" if same < 10 else "")


def top10_row(name: str) -> Finding:
    """A printed rank against the rank that the printed accuracies give."""
    printed = records(documents.printed("table-03-top10"), "timm_name")[name]
    found = records(_table(), "timm_name")[name]
    shift = found["rank"] - found["rank_asma"]
    stated = printed["top1_rank_v1"]
    value = f"top-1 rank {found['rank']}, rises {shift}"
    if not found["least"] <= stated <= found["most"]:
        return judge(
            False, value, otherwise=f"no rule for ties gives rank {stated} ({found['least']} to {found['most']})"
        )
    counted = f"{found['rank']} with ties as 1224 and {found['least']} with ties counted once"
    caveat = f"printed decimals give {counted}; {stated} fits unrounded ones, with ties counted once"
    return judge(True, value, caveat="" if stated == found["rank"] else caveat)


def rises() -> Finding:
    """Printed rank, position and rise of the ten rows."""
    table = documents.printed("table-03-top10")
    fit = (table["top1_rank_v1"] - np.arange(1, 11) == table["rank_change"].astype(int)).sum()
    return judge(fit == 10, f"{fit} of 10 rows")


def volo_d3() -> Finding:
    """One number that is printed twice."""
    name = "volo_d3_448.sail_in1k"
    tables = ("table-03-top10", "tables-04-10-checkpoints")
    three, four = (records(documents.printed(table), "timm_name")[name]["asma_patchml"] for table in tables)
    return judge(three == four, f"Table 3: {three}, Table 4: {four}", otherwise="one of the two is misprinted")


def higher_rise() -> Finding:
    """Mean shift of the ten best by ASMA, of the ten best by top-1, and the correlation of both orders."""
    table = _table().assign(shift=lambda frame: frame["rank"] - frame["rank_asma"])
    by_asma, by_top1 = (table.nsmallest(10, column)["shift"].mean() for column in ("rank_asma", "rank"))
    order = float(table[["top1_v1", "asma_patchml"]].corr("spearman").to_numpy()[0, 1])
    value = (
        f"the ten best by ASMA rise by {by_asma:.0f} places on average, the ten best by top-1 fall by {-by_top1:.0f}"
    )
    caveat = f"whoever ends on top can only have risen; over all 315 the two orders correlate at {order:.2f}"
    return judge(by_asma > 10, value, caveat=caveat)


def printed_column() -> Finding:
    """The printed change, taken as a top-1 rank minus the row's position.

    Ranks that count ties once rise by 0 or 1 from one checkpoint to the next in the order of top-1.
    """
    table = _table()
    change = table["rank_change"].astype(int)
    same = int((change == table["rank"] - table["rank_asma"]).sum())
    implied = table.assign(implied=change + table["position"]).sort_values(
        ["top1_v1", "implied"], ascending=[False, True]
    )
    odd = int((~implied["implied"].diff().dropna().isin([0, 1])).sum())
    value = f"{same} of 315 equal the difference of ranks that printed decimals give (ties as 1224)"
    caveat = f"taken as rank minus row it counts ties of unrounded accuracies once, but for {odd} odd steps"
    return judge(odd < 10, value, caveat=caveat)
