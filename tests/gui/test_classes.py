"""From a data set with classes to the class picker: prepared, trained, opened, chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generator import load_network
from tests.patience import PATIENCE_S
from tests.train.conftest import write_pictures
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from viz.app.loop import App


def test_a_network_trained_with_classes_draws_the_one_that_is_picked(
    app: App, tmp_path: Path
) -> None:
    for folder in ("coast", "ridge", "plain"):
        write_pictures(tmp_path / "source" / folder, 4, 16)
    zipped, run = tmp_path / "set.zip", tmp_path / "run"
    prepare = ["prepare", str(tmp_path / "source"), "--out", str(zipped), "--folder-labels"]
    assert main(prepare) == 0
    start = ["run", "--data", str(zipped), "--out", str(run), *TINY_FLAGS, "--kimg", "0.008"]
    assert main(start) == 0
    assert load_network(run).c_dim == 3

    app.window.receive_drop([str(run)])
    assert app.settle(PATIENCE_S)
    summary = app.model.summary_of(2)
    assert summary is not None
    assert summary.c_dim == 3
    pictures = []
    for chosen in (0, 2):
        app.state.latent.class_index = chosen
        assert app.settle(PATIENCE_S)
        result = app.model.result_of(2)
        assert result is not None
        assert result.picture is not None
        assert not result.error
        pictures.append(np.array(result.picture))
        # The picker reaches every class and no more.
        assert app.state.latent.class_index == chosen
    assert not np.array_equal(*pictures)
    app.state.latent.class_index = 9
    assert app.settle(PATIENCE_S)
    assert app.state.latent.class_index == 2
