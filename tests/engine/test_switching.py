"""Switching between models: each one's own pictures from wherever it comes, and never a mixture."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import (
    CopiesChanged,
    Engine,
    JobDone,
    JobFailed,
    ModelFailed,
    ModelLoaded,
    ModelLoading,
    ModelLoadStopped,
    copies,
    swapping,
)
from sdxl_tui.engine.residency import Residency
from tests.engine.conftest import Lab, in_folder, request
from tests.engine.model_variants import configure, copied, other_shape, other_weights, rewrite

pytestmark = pytest.mark.usefixtures("own_home")


def never() -> None:
    """Nobody stops the load."""


class RichLab(Lab):
    """A lab with the budgets of the test's choice."""

    def __init__(self, folder: Path, **budgets: str) -> None:
        super().__init__(folder)
        self.engine.close(timeout=30)
        self.engine = Engine(Settings(output_dir=folder, device="cpu", **budgets), self.reports.put)
        self.engine.start()

    @property
    def residency(self) -> Residency:
        return self.engine._residency

    def pixels(self, model: Model) -> bytes:
        [picture] = self.pictures(model=model, steps=2)
        return picture.tobytes()

    def source(self) -> str:
        """Where the last model came from."""
        return [event for event in self.seen if isinstance(event, ModelLoaded)][-1].source

    def until_copies(self, **wanted: str) -> None:
        """Wait until these models lie where they are wanted, and nothing is being read."""
        tiers = {f"test/{name}": tier for name, tier in wanted.items()}
        while (now := self.engine.status.copies).reading or now.tiers != tiers:
            self.until(CopiesChanged)


@contextmanager
def rich_lab(folder: Path, **budgets: str) -> Iterator[RichLab]:
    lab = RichLab(folder, **budgets)
    try:
        yield lab
    finally:
        assert lab.engine.close(timeout=30)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """a, b and c differ in their weights, d in its shapes."""
    folder = tmp_path_factory.mktemp("models")
    made = {"a": copied(folder / "a"), "b": other_weights(folder / "b"), "c": other_weights(folder / "c", 0.8)}
    made["d"] = other_shape(folder / "d")
    return {name: in_folder(place, f"test/{name}") for name, place in made.items()}


@pytest.fixture(scope="module")
def alone(models: dict[str, Model], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each model's picture in a lab that keeps no copies: of d first, so that all others are switched to."""
    with rich_lab(tmp_path_factory.mktemp("alone"), keep_vram="0", keep_ram="0") as lab:
        pixels = {name: lab.pixels(models[name]) for name in ("d", "c", "b", "a")}
    assert len(set(pixels.values())) == 4
    return pixels


@pytest.mark.parametrize(
    ("budgets", "source"),
    [
        ({"keep_vram": "0", "keep_ram": "0"}, "files"),
        ({"keep_vram": "1", "keep_ram": "0"}, "VRAM"),
        ({"keep_vram": "0", "keep_ram": "1"}, "RAM"),
    ],
    ids=["files", "VRAM", "RAM"],
)
def test_a_then_b_then_a_is_as_at_first_from_every_tier(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], budgets: dict[str, str], source: str
) -> None:
    with rich_lab(tmp_path, **budgets) as lab:
        for name in "ab":
            assert lab.pixels(models[name]) == alone[name]
            assert lab.source() == "files"
        if source != "files":
            lab.until_copies(a=source, b=source)
        address = lab.residency.loaded.pipe.unet.conv_in.weight.data_ptr()
        for name in "abba":
            assert lab.pixels(models[name]) == alone[name]
            assert lab.source() == source
        assert lab.residency.loaded.pipe.unet.conv_in.weight.data_ptr() == address


@pytest.mark.parametrize("tier", ["keep_vram", "keep_ram"])
def test_a_copy_made_in_another_order_of_convolutions_is_used_all_the_same(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tier: str
) -> None:
    monkeypatch.setattr(copies, "BLOCK_BYTES", 2**16)  # many weights lie across the border of two blocks
    with rich_lab(tmp_path, **({"keep_vram": "0", "keep_ram": "0"} | {tier: "1"})) as lab:
        for name in "ab":
            lab.pixels(models[name])
        where = {"keep_vram": "VRAM", "keep_ram": "RAM"}[tier]
        lab.until_copies(a=where, b=where)
        lab.residency.loaded.arena.lay_out(True)
        loaded = lab.residency.use(models["a"], never)
        weight = loaded.pipe.unet.conv_in.weight
        assert weight.is_contiguous(memory_format=torch.channels_last)
        loaded.arena.lay_out(False)
        assert lab.pixels(models["a"]) == alone["a"]


def test_a_model_of_other_shapes_gets_an_arena_of_its_own(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes]
) -> None:
    with rich_lab(tmp_path, keep_vram="1") as lab:
        assert lab.pixels(models["a"]) == alone["a"]
        arena = lab.residency.loaded.arena
        assert lab.pixels(models["d"]) == alone["d"]
        assert lab.residency.loaded.arena is not arena
        for name in "adba":
            assert lab.pixels(models[name]) == alone[name]
        assert lab.source() == "VRAM"


def test_a_switch_brings_what_is_the_models_own_beside_its_weights(tmp_path: Path, models: dict[str, Model]) -> None:
    folder = copied(tmp_path / "own")
    configure(folder, "vae/config.json", scaling_factor=0.5, force_upcast=False, sample_size=64)
    configure(folder, "unet/config.json", sample_size=16)
    configure(folder, "scheduler/scheduler_config.json", _class_name="EulerAncestralDiscreteScheduler")
    configure(folder, "model_index.json", force_zeros_for_empty_prompt=False)
    configure(folder, "tokenizer/tokenizer_config.json", pad_token="<|startoftext|>")
    configure(folder, "tokenizer/special_tokens_map.json", pad_token="<|startoftext|>")

    def told(model: Model) -> tuple[Any, ...]:
        loaded = lab.residency.loaded
        pipe = loaded.pipe
        return (
            pipe.vae.config.scaling_factor, pipe.vae.config.force_upcast, pipe.vae.config.sample_size,
            pipe.vae.tile_sample_min_size, pipe.unet.config.sample_size, pipe.default_sample_size,
            loaded.scheduler_config["_class_name"], pipe.config.force_zeros_for_empty_prompt,
            pipe.tokenizer.pad_token,
        )  # fmt: skip

    with rich_lab(tmp_path / "pictures", keep_vram="1") as lab:
        lab.pixels(models["a"])
        first, arena = told(models["a"]), lab.residency.loaded.arena
        lab.pixels(in_folder(folder, "test/own"))
        own = told(models["a"])
        assert lab.residency.loaded.arena is arena
        assert own == (0.5, False, 64, 64, 16, 16, "EulerAncestralDiscreteScheduler", False, "<|startoftext|>")
        assert all(one != other for one, other in zip(first, own, strict=True))
        lab.pixels(models["a"])
        assert told(models["a"]) == first


def reports_of_a_switch(tmp_path: Path, models: dict[str, Model]) -> int:
    with rich_lab(tmp_path / "counted", keep_vram="0", keep_ram="0") as lab:
        lab.pixels(models["a"])
        calls = []
        lab.residency.use(models["b"], lambda: calls.append(1))
        return len(calls)


@pytest.mark.parametrize("room", ["beside", "in place"])
def test_stopped_or_failed_at_any_moment_a_switch_leaves_the_model_before(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, room: str
) -> None:
    from sdxl_tui.engine import reading
    from sdxl_tui.engine.run import Cancelled

    monkeypatch.setattr(reading, "UNIT_BYTES", 2**22)
    moments = reports_of_a_switch(tmp_path, models)
    assert moments > 8
    if room == "in place":
        monkeypatch.setattr(swapping, "available_ram", lambda: 0)
    with rich_lab(tmp_path / "pictures", keep_vram="0", keep_ram="0") as lab:
        lab.pixels(models["a"])
        for moment in range(moments):
            for error in (Cancelled(), OSError("the disk went away")):
                calls = iter(range(1000))

                def check(moment: int = moment, error: Exception = error, calls: Iterator[int] = calls) -> None:
                    if next(calls) == moment:
                        raise error

                with pytest.raises(Exception, match=r"disk went away|^$"):
                    lab.residency.use(models["b"], check)
                assert lab.residency.loaded.model.id == "test/a"
        assert lab.pixels(models["a"]) == alone["a"]
        assert lab.pixels(models["b"]) == alone["b"]


def test_where_not_even_the_model_before_can_be_brought_back_none_is_in_use(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swapping, "available_ram", lambda: 0)
    gone = tmp_path / "gone"
    shutil.copytree(models["a"].folder, gone)
    with rich_lab(tmp_path / "pictures", keep_vram="0", keep_ram="0") as lab:
        lab.pixels(in_folder(gone, "test/gone"))
        shutil.rmtree(gone)
        read = swapping.read_weights

        def failing(shell: Any, device: Any, make_room: Any, report: Any) -> None:
            read(shell, device, make_room, report)
            raise OSError("the disk went away")

        monkeypatch.setattr(swapping, "read_weights", failing)
        lab.engine.load(models["b"])
        failed = lab.until(ModelFailed)
        assert "the disk went away" in failed.reason
        assert failed.still_in_use is None
        assert lab.engine.status.model is None
        monkeypatch.setattr(swapping, "read_weights", read)
        assert lab.pixels(models["b"]) == alone["b"]


def test_a_switch_that_the_user_stops_says_what_is_still_in_use(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sdxl_tui.engine import reading

    monkeypatch.setattr(reading, "UNIT_BYTES", 2**18)
    with rich_lab(tmp_path, keep_vram="0", keep_ram="0") as lab:
        lab.pixels(models["a"])
        lab.engine.load(models["b"])
        lab.until(ModelLoading)
        assert lab.engine.stop_loading()
        assert lab.until(ModelLoadStopped).still_in_use == "test/a"
        assert lab.pixels(models["a"]) == alone["a"]


def test_weights_that_do_not_fit_are_refused_and_the_model_before_paints_on(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swapping, "available_ram", lambda: 0)
    folder = copied(tmp_path / "lacking")
    rewrite(folder, "vae", lambda tensors: {name: tensor for name, tensor in tensors.items() if "conv_out" not in name})
    with rich_lab(tmp_path / "pictures", keep_vram="0", keep_ram="0") as lab:
        lab.pixels(models["a"])
        generation = lab.residency.loaded.arena.generation
        failed = lab.run(request(model=in_folder(folder, "test/lacking")))
        assert isinstance(failed, JobFailed)
        assert "vae lacks tensor" in failed.reason
        assert lab.residency.loaded.arena.generation == generation
        assert lab.pixels(models["a"]) == alone["a"]


@pytest.mark.parametrize("tier", ["VRAM", "RAM"])
def test_the_least_recently_used_go_first(tmp_path: Path, models: dict[str, Model], tier: str) -> None:
    size = 0.15  # GiB: room for two of the demo's 62 MiB in float32, not for three
    budgets = {"keep_vram": "0", "keep_ram": "0"} | {f"keep_{tier.lower()}": f"{size}"}
    with rich_lab(tmp_path, **budgets) as lab:
        for name in "ab":
            lab.pixels(models[name])
        lab.until_copies(a=tier, b=tier)
        lab.pixels(models["a"])
        lab.pixels(models["c"])
        lab.until_copies(a=tier, c=tier)
        now = lab.engine.status.copies
        used, budget = (now.vram_used, now.vram_budget) if tier == "VRAM" else (now.ram_used, now.ram_budget)
        assert 0 < used <= budget == int(size * 2**30)


def test_a_model_whose_files_changed_is_read_again(tmp_path: Path, models: dict[str, Model], alone) -> None:
    folder = copied(tmp_path / "changing")
    changing = in_folder(folder, "test/changing")
    with rich_lab(tmp_path / "pictures", keep_vram="1") as lab:
        assert lab.pixels(changing) == alone["a"]
        assert lab.pixels(models["c"]) == alone["c"]
        for part in ("unet", "vae", "text_encoder", "text_encoder_2"):
            shutil.copytree(models["b"].folder / part, folder / part, dirs_exist_ok=True)
        assert lab.pixels(changing) == alone["b"]
        assert lab.source() == "files"


def test_a_job_that_wants_the_room_gets_it(tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes]) -> None:
    with rich_lab(tmp_path, keep_vram="1", keep_ram="0") as lab:
        for name in "ab":
            lab.pixels(models[name])
        lab.until_copies(a="VRAM", b="VRAM")
        used = lab.engine.status.copies.vram_used
        assert lab.residency.make_room_for_job() == used
        lab.until_copies()
        assert lab.residency.make_room_for_job() == 0
        assert lab.pixels(models["b"]) == alone["b"]
        assert lab.pixels(models["a"]) == alone["a"]
        assert lab.source() == "files"


def test_marked_models_are_read_once_a_job_has_run_and_none_is_loaded(
    tmp_path: Path, models: dict[str, Model], alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdxl_tui.engine.shelves.load_catalogue", lambda: {m.id: m for m in models.values()})
    with rich_lab(tmp_path / "first", keep_ram="1") as lab:
        lab.engine.keep_warm(models["b"], True)
        lab.engine.keep_warm(models["d"], True)
        lab.engine.keep_warm(models["c"], True)
        lab.engine.keep_warm(models["c"], False)
        lab.engine.load(models["a"])
        lab.until(ModelLoaded)
        assert lab.engine.status.copies.tiers == {}
    with rich_lab(tmp_path / "second", keep_ram="1") as lab:  # the marks outlive the lab
        lab.pixels(models["a"])
        lab.until_copies(a="RAM", b="RAM", d="RAM")
        assert lab.engine.status.model.id == "test/a"
        assert [event.model for event in lab.seen if isinstance(event, ModelLoaded)] == ["test/a"]
        assert lab.pixels(models["b"]) == alone["b"]
        assert lab.source() == "RAM"
        assert lab.pixels(models["d"]) == alone["d"]
        assert lab.source() == "RAM"


def test_a_marked_model_that_cannot_be_read_is_left_out(
    tmp_path: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = other_weights(tmp_path / "broken")
    rewrite(broken, "vae", lambda tensors: {name: tensor for name, tensor in tensors.items() if "conv_out" not in name})
    marked = {"x": in_folder(broken, "test/x"), "y": in_folder(tmp_path / "absent", "test/y"), "b": models["b"]}
    with rich_lab(tmp_path / "pictures", keep_ram="1") as lab:
        for model in marked.values():
            lab.engine.keep_warm(model, True)
        lab.pixels(models["a"])
        lab.until_copies(a="RAM", b="RAM")
        assert isinstance(lab.run(request(model=models["b"])), JobDone)


def test_closing_does_not_wait_for_what_is_being_read(
    tmp_path: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sdxl_tui.engine import reading

    with rich_lab(tmp_path, keep_ram="1") as lab:
        lab.engine.keep_warm(models["b"], True)
        lab.pixels(models["a"])
        monkeypatch.setattr(reading, "UNIT_BYTES", 2**14)
        while not lab.engine.status.copies.reading:
            lab.until(CopiesChanged)
        assert lab.engine.close(timeout=30)
        assert not lab.residency._warmer._thread.is_alive()
