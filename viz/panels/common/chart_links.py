"""Charts over the same axis: what is pointed at in one of them is read in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz.export.charts import Chart


class ChartLinks:
    """The charts of each link as they were drawn last, and the pointer in one of them."""

    def __init__(self) -> None:
        self._charts: dict[str, dict[str, Chart]] = {}
        self._pointed: dict[str, tuple[str, float]] = {}
        """Name of the chart that the pointer is in, and the place, by link."""

    def note(self, link: str, chart: Chart, pointer: float | None) -> float | None:
        """Take note of a chart that is drawn.

        Args:
            link: Name that it shares with the others.
            chart: The chart.
            pointer: Where the pointer is in it; None: elsewhere.

        Returns:
            The place that is pointed at in another chart of the link; None if there is none.
        """
        self._charts.setdefault(link, {})[chart.name] = chart
        if pointer is not None:
            self._pointed[link] = chart.name, pointer
            return None
        name, place = self._pointed.get(link, ("", None))
        if name == chart.name:
            del self._pointed[link]
            return None
        return place

    def others(self, link: str, chart: Chart) -> list[Chart]:
        """Return the other charts of a link."""
        return [one for name, one in self._charts.get(link, {}).items() if name != chart.name]
