"""open_clip's own zero-shot results on V1 and V2, and which data each model was trained on."""

import pandas as pd

from workbench.inputs import sources

COLUMNS = {
    **{"name": "name", "pretrained": "pretrained", "params (M)": "parameters"},
    **{"ImageNet 1k": "v1", "ImageNet v2": "v2"},
}
# In this order: a tag like commonpool_l_laion names a pool, then the filter that it was cut down with.
DATA = (
    *("openai", "commonpool", "datacomp", "dfn", "webli", "metaclip"),
    *("laion_aesthetic", "laion400m", "laion2b", "laion5b", "merged2b", "cc12m", "yfcc15m"),
)


def results() -> pd.DataFrame:
    """open_clip's results, a row for each model: ``name, pretrained, parameters, v1, v2``.

    `name` and `pretrained` are architecture and tag as open_clip knows them; `parameters` are millions; `v1` and `v2`
    are zero-shot top-1 accuracies on ImageNet's validation images and on ImageNetV2, as fractions. They were made with
    OpenAI's class names, of which two stand twice. Raises `MissingSourceError` where the source is not at hand.
    """
    (path,) = sources.locate("open-clip-results").values()
    return pd.read_csv(path)[list(COLUMNS)].rename(columns=COLUMNS)


def data(pretrained: str) -> str:
    """The training data that a tag of open_clip names; ``other`` where it names none of those known here.

    >>> data("mscoco_finetuned_laion2b_s13b_b90k"), data("commonpool_l_laion_s1b_b8k"), data("v1")
    ('laion2b', 'commonpool', 'other')
    """
    return next((name for name in DATA if name in pretrained), "other")
