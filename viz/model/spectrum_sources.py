"""Spectra to look at and to compare: live, averaged, frozen, another network's, a data set's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.protocol.names import LETTERS
from viz.protocol.spectra import Average, AverageTask, DataTask
from viz.state.frozen_spectrum import FrozenSpectrum, thawed
from viz.state.to_request import spectrum_request

if TYPE_CHECKING:
    from viz.model.stage import StageModel
    from viz.protocol.result import Spectrum


class SpectrumSources:
    """Sources of spectra besides the live one.

    Args:
        model: Knows the results and the jobs.
    """

    def __init__(self, model: StageModel) -> None:
        self._model = model

    def shown(self) -> dict[int, Spectrum]:
        """Return the spectra shown, by slot: live or averaged, as is chosen."""
        state = self._model.state
        found: dict[int, Spectrum] = {}
        averages = self._average() if state.spectrum.taken == "average" else None
        for slot, network in enumerate(state.networks):
            if averages is not None:
                spectrum = averages.spectra.get(network.source)
            else:
                result = self._model.result_of(slot)
                spectrum = result.spectrum if result is not None else None
            if spectrum is not None:
                found[slot] = spectrum
        return found

    def other(self) -> tuple[Spectrum | None, str]:
        """Return the spectrum to compare with, None if there is none, and its name."""
        match self._model.state.spectrum.against:
            case "frozen":
                return self.frozen(), "frozen"
            case "network":
                slot = self.other_slot()
                return self.shown().get(slot), LETTERS[slot]
            case "data":
                return self.of_data(), "data"
        return None, ""

    def named(self) -> list[tuple[str, Spectrum, int | None]]:
        """Name, spectrum and slot (None: no network's) of what is shown and compared with."""
        model = self._model
        found: list[tuple[str, Spectrum, int | None]] = [
            (f"{LETTERS[slot]} {model.label(slot)} {one.layer}".strip(), one, slot)
            for slot, one in self.shown().items()
        ]
        other, name = self.other()
        if other is not None and model.state.spectrum.against != "network":
            found.append((f"{name} {other.layer}".strip(), other, None))
        return found

    def freeze(self) -> bool:
        """Keep the spectra that are shown; False when there are none.

        Raises:
            ValueError: one of them is too large to be kept.
        """
        state = self._model.state
        shown = {slot: FrozenSpectrum.of(one) for slot, one in self.shown().items()}
        for slot, frozen in shown.items():
            state.networks[slot].frozen = frozen
        if shown:
            state.spectrum.against = "frozen"
        return bool(shown)

    def start_average(self) -> None:
        """Have the latents averaged, and show the average."""
        state = self._model.state
        spectrum, data = state.spectrum, self._data_average()
        task = AverageTask(
            sources=tuple(network.source for network in state.networks),
            spectrum=spectrum_request(state),
            samples=spectrum.samples,
            seed=spectrum.seed,
            psi=state.truncation.psi,
            cutoff=state.truncation.cutoff,
            whitening=data.whitening if data is not None and spectrum.of == "image" else None,
            device=state.performance.device,
        )
        self._model.jobs.start(task)
        spectrum.taken = "average"

    def start_data(self) -> None:
        """Have the pictures of the chosen data set averaged."""
        spectrum = self._model.state.spectrum
        self._model.jobs.start(
            DataTask(spectrum.data, spectrum.samples, spectrum.beta, spectrum.pad)
        )

    def frozen(self) -> Spectrum | None:
        """Return the frozen spectrum of the network looked into."""
        model = self._model
        network = next(iter(model.state.networks[model.layer_slot :]), None)
        frozen = network.frozen if network is not None else None
        return thawed(frozen) if frozen is not None else None

    def of_data(self) -> Spectrum | None:
        """Return the average of the chosen data set; None while there is none, or for a layer."""
        spectrum = self._model.state.spectrum
        average = self._data_average() if spectrum.of == "image" else None
        return average.spectra.get(spectrum.data) if average is not None else None

    def other_slot(self) -> int:
        """Return the other network: the chosen one, else the first that is not looked into."""
        model = self._model
        count, own = len(model.state.networks), model.layer_slot
        chosen = model.state.spectrum.against_slot
        if chosen < count and chosen != own:
            return chosen
        return next((slot for slot in range(count) if slot != own), own)

    def _average(self) -> Average:
        """Return the newest average of what is looked at; empty when there is none."""
        report = self._model.jobs.newest(AverageTask)
        wanted = spectrum_request(self._model.state)
        if report is None or report.result is None or not isinstance(report.task, AverageTask):
            return Average({}, 0)
        result: Average = report.result
        return result if report.task.spectrum == wanted else Average({}, 0)

    def _data_average(self) -> Average | None:
        spectrum, report = self._model.state.spectrum, self._model.jobs.newest(DataTask)
        if report is None or not isinstance(report.task, DataTask):
            return None
        task, result = report.task, report.result
        same = (task.path, task.beta, task.pad) == (spectrum.data, spectrum.beta, spectrum.pad)
        return result if same else None
