"""A chart taken apart: every layer with its mark, its encodings and the rows that it draws."""

from dataclasses import dataclass

import altair as alt
import pandas as pd
import pytest

from workbench.show import theme

INHERITED = ("data", "encoding", "transform")


@dataclass(frozen=True)
class Layer:
    """One mark of a specification, with what it has from the parts around it."""

    mark: dict
    encoding: dict
    data: pd.DataFrame
    transform: list

    @property
    def fields(self) -> dict:
        """Channel -> what it shows: field, function(field), or a number."""
        return {name: _shown(channel) for name, channel in self.encoding.items() if name != "tooltip"}

    @property
    def tips(self) -> dict:
        """Field -> title of each line of the tooltip, in order."""
        return {line["field"]: line.get("title", line["field"]) for line in self.encoding["tooltip"]}

    def scale(self, channel: str) -> dict:
        """Value -> look, of a channel that tells kinds apart."""
        scale = self.encoding[channel]["scale"]
        return dict(zip(map(str, scale["domain"]), scale["range"], strict=True))

    def rows(self, *columns: str) -> list[tuple]:
        """The rows that it draws, some columns of them."""
        return list(self.data[list(columns)].itertuples(index=False, name=None))


@dataclass(frozen=True)
class Drawn:
    """A whole specification, and its layers from bottom to top, view after view."""

    spec: dict
    layers: list[Layer]


def _shown(channel: dict) -> object:
    field = channel.get("field", channel.get("value"))
    return f"{channel['aggregate']}({field})" if "aggregate" in channel else field


def _layers(part: dict, datasets: dict, around: dict):
    kept = {
        "data": part.get("data", around.get("data")),
        "encoding": around.get("encoding", {}) | part.get("encoding", {}),
        "transform": around.get("transform", []) + part.get("transform", []),
    }
    inner = next((part[name] for name in ("layer", "hconcat", "vconcat", "concat") if name in part), None)
    inner = [part["spec"]] if "spec" in part else inner
    if inner is not None:
        return [layer for one in inner for layer in _layers(one, datasets, kept)]
    return [Layer(part["mark"], kept["encoding"], pd.DataFrame(datasets[kept["data"]["name"]]), kept["transform"])]


@pytest.fixture(scope="session")
def take_apart():
    """Turns a chart into its layers; the specification is checked against Vega-Lite's schema on the way."""

    def apart(chart: alt.TopLevelMixin) -> Drawn:
        spec = theme.spec(chart)
        return Drawn(spec, _layers(spec, spec["datasets"], {}))

    return apart
