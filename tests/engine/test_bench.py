"""The bench's own parts: the model with random weights, what a machine is measured with, what its figures are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors import safe_open

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.check import check_model
from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import BenchOptions, Measured, SectionEnded, run_bench
from sdxl_tui.engine.bench import decoding, exactness, random_weights
from sdxl_tui.engine.bench import workplace as bench_workplace
from sdxl_tui.engine.bench.findings import figure, times_faster
from sdxl_tui.engine.bench.floor import step_operations
from sdxl_tui.engine.bench.plan import Shape, plan_for
from sdxl_tui.engine.bench.random_weights import random_model, write_random_model
from sdxl_tui.engine.bench.run import SECTIONS, Section
from sdxl_tui.engine.bench.workplace import Workplace, workplace
from sdxl_tui.engine.device import Device
from tests.engine.conftest import Lab, checked

SDXL = CATALOGUE["stabilityai/stable-diffusion-xl-base-1.0"]
CPU = Settings(device="cpu")


def options(tmp_path: Path, *only: str) -> BenchOptions:
    return BenchOptions(replace(CPU, log_dir=tmp_path / "logs"), quick=True, only=only)


def names(folder: Path, part: str) -> set[str]:
    [file] = (folder / part).glob("*.safetensors")
    with safe_open(str(file), framework="pt") as opened:
        return set(opened.keys())


def test_random_weights_are_a_model_under_published_names_that_paints(tmp_path: Path, lab: Lab) -> None:
    tiny = {"text_encoder": {"num_hidden_layers": 3}, "text_encoder_2": {"num_hidden_layers": 4}}
    folder = tmp_path / "model"
    folder.mkdir()
    write_random_model(folder, DEMO_FOLDER, tiny)
    report = checked(folder)
    for part in ("text_encoder", "text_encoder_2"):
        own = {name for name in names(folder, part) if not name.startswith("text_projection.")}
        assert "text_model.embeddings.token_embedding.weight" in own
        assert all(name.startswith("text_model.") for name in own)
        assert not any(name.endswith("position_ids") for name in own)
    assert {"conv_in.weight", "time_embedding.linear_1.weight"} < names(folder, "unet")
    assert any(".attentions.0.to_q." in name for name in names(folder, "vae"))
    [picture] = lab.pictures(model=report.model)
    assert picture.size == (128, 128)


def test_the_same_name_is_the_same_weights(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_random_model(tmp_path / name, DEMO_FOLDER)
    one, other = ((tmp_path / name / "vae").glob("*.safetensors") for name in ("one", "other"))
    assert next(one).read_bytes() == next(other).read_bytes()


def test_the_model_is_built_once_and_again_when_it_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []

    def write(folder: Path) -> None:
        built.append(folder)
        write_random_model(folder, DEMO_FOLDER)

    monkeypatch.setattr(random_weights, "write_random_model", write)
    monkeypatch.setattr(random_weights, "FULL_BYTES", 0)
    model = random_model(tmp_path)
    assert check_model(model).state == "ready"
    random_model(tmp_path)
    assert len(built) == 1
    next((tmp_path / random_weights.NAME / "unet").glob("*.safetensors")).write_bytes(b"cut")
    assert check_model(random_model(tmp_path)).state == "ready"
    assert len(built) == 2
    assert [path.name for path in tmp_path.iterdir()] == [random_weights.NAME]


@pytest.mark.parametrize("keep", [False, True])
def test_random_weights_go_with_the_bench_unless_they_are_kept(
    keep: bool, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random_weights, "write_random_model", lambda folder: write_random_model(folder, DEMO_FOLDER))
    monkeypatch.setattr(random_weights, "FULL_BYTES", 0)
    monkeypatch.setattr(bench_workplace, "choose_device", lambda _setting: Device("cuda", "NVIDIA H100"))
    with workplace(replace(options(tmp_path), random_weights=True, keep=keep)) as place:
        folder = place.report.folder
        assert folder.is_dir()
        assert place.plan.one.shown == "1024x1024, 30 steps"
    assert folder.is_dir() == keep
    assert not place.folder.exists()


def test_a_disk_without_room_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_weights, "FULL_BYTES", 2**60)
    with pytest.raises(UserError, match=r"takes .* free: free some, or name a model with --model\."):
        random_model(tmp_path)


def test_the_operations_of_sdxl_are_counted_without_its_weights(tmp_path: Path) -> None:
    """6.76 TFLOP for one sample of 1024x1024, two of them in a guided step."""
    report = replace(check_model(CATALOGUE[DEMO]), folder=SDXL_CONFIGS)
    place = Workplace(None, report, plan_for(SDXL, True, False), tmp_path, CPU)
    assert step_operations(place, Shape(1024, 1024)) / 1e12 == pytest.approx(2 * 6.761, abs=0.01)


def test_a_gpu_gets_the_sizes_of_sdxl_and_a_cpu_small_ones() -> None:
    full = plan_for(SDXL, True, False)
    assert [(shape.width, shape.height, shape.batch, shape.steps) for shape in full.shapes] == [
        (1024, 1024, 1, 30), (1024, 1024, 2, 30), (1024, 1024, 4, 30), (1024, 1024, 8, 30), (832, 1216, 1, 30),
        (512, 512, 1, 4),
    ]  # fmt: skip
    assert [shape.batch for shape in plan_for(SDXL, True, True).shapes] == [1, 4, 1]
    assert all(shape.width <= 128 for shape in plan_for(SDXL, False, False).shapes)
    assert all(shape.width <= 128 for shape in plan_for(CATALOGUE[DEMO], True, False).shapes)


def test_a_ratio_is_of_medians() -> None:
    ratio = times_faster(figure("stock", "s", [3.0, 4.0, 9.0]), figure("fast", "s", [1.0, 2.0, 2.5]))
    assert (ratio.median, ratio.lowest, ratio.highest) == (2.0, 3.0 / 2.5, 9.0)


def test_another_model_has_the_same_weights_and_leaves_the_first_one_alone(tmp_path: Path, lab: Lab) -> None:
    with workplace(options(tmp_path)) as place:
        other = place.another(2)
        assert other.id != place.model.id
        assert check_model(other).state == "ready"
        [same], [first] = (lab.pictures(model=model) for model in (other, place.model))
        assert same.tobytes() == first.tobytes()
    assert not other.folder.exists()
    assert check_model(CATALOGUE[DEMO]).state == "ready"


def test_a_section_that_fails_says_its_sentence_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_place: Workplace) -> Iterator[Measured]:
        yield Measured("a row")
        raise ValueError("[/] [red]x[/red]")

    monkeypatch.setitem(SECTIONS, "switch", Section("Switch", broken))
    told = list(run_bench(options(tmp_path, "switch", "floor")))
    ends = {event.name: event.problem for event in told if isinstance(event, SectionEnded)}
    assert "[/] [red]x[/red]" in ends["switch"]
    assert "app_events.log" in ends["switch"]
    assert ends["floor"] == ""
    assert Measured("a row") in told


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that lends its UNet at every speed, and decodes alone."""
    monkeypatch.setattr(exactness, "painting", lambda _loaded, _speed: nullcontext())
    monkeypatch.setattr(decoding, "decode_seconds", lambda _place, _shape, _speed: [0.01, 0.02])


@pytest.mark.usefixtures("lent")
def test_in_float32_no_speed_is_far_from_float32(tmp_path: Path) -> None:
    told = list(run_bench(options(tmp_path, "error")))
    assert [event.problem for event in told if isinstance(event, SectionEnded)] == [""]
    for row in (event for event in told if isinstance(event, Measured)):
        assert [one.name for one in row.figures] == ["eager", "fast", "fast / eager"]
        assert max(one.median for one in row.figures[:2]) < 1e-4


@pytest.mark.usefixtures("lent")
def test_a_value_that_differs_is_counted_and_ends_the_section_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list(run_bench(options(tmp_path, "exact")))
    assert [event.problem for event in told if isinstance(event, SectionEnded)] == [""]
    assert all(row.figures[0].median == 0 for row in told if isinstance(row, Measured))
    monkeypatch.setattr(exactness, "_differing_latents", lambda _loaded, _shape: 7)
    [end] = [event for event in run_bench(options(tmp_path, "exact")) if isinstance(event, SectionEnded)]
    assert end.problem.startswith("exact is not bit for bit the same: latents of 64x64, 3 steps,")


@pytest.mark.usefixtures("lent")
def test_jobs_behind_each_other_are_held_against_their_parts(tmp_path: Path) -> None:
    told = list(run_bench(options(tmp_path, "queue")))
    rows = [event for event in told if isinstance(event, Measured)]
    assert [one.name for one in rows[1].figures] == ["denoise", "decode", "mean job / both"]
    assert rows[0].figures[0].count == 3


def test_where_the_engine_cannot_lend_a_speed_the_section_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_loaded: object, speed: str) -> None:
        raise UserError(f"Not available: {speed}.")

    monkeypatch.setattr(exactness, "painting", refuse)
    [end] = [event for event in run_bench(options(tmp_path, "error")) if isinstance(event, SectionEnded)]
    assert end.problem == "Not available: eager."


def test_a_switch_is_held_against_a_load_of_stock(tmp_path: Path) -> None:
    rows = [row for row in run_bench(options(tmp_path, "load", "switch")) if isinstance(row, Measured)]
    switches = [row for row in rows if row.what.startswith("to one")]
    assert len(switches) == 2
    for row in switches:
        assert [one.name for one in row.figures] == ["switch", "stock load / switch"]


def test_what_needs_a_gpu_says_so_when_it_is_asked_for(tmp_path: Path) -> None:
    [end] = [event for event in run_bench(options(tmp_path, "memory")) if isinstance(event, SectionEnded)]
    assert end.problem == "It needs a CUDA GPU."


def test_the_users_own_state_is_not_touched(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def loads(place: Workplace) -> Iterator[Measured]:
        with place.lab() as lab:
            lab.load(place.model)
            assert lab.run(place.plan.one.request(place.model, "fast")).record["status"] == "done"
        yield Measured("loaded")

    monkeypatch.setitem(SECTIONS, "load", Section("Load", loads))
    monkeypatch.chdir(tmp_path)
    told = list(run_bench(options(tmp_path, "load")))
    assert Measured("loaded") in told
    assert not (own_home / "state.json").exists()
    assert not (tmp_path / "output_images").exists()


def test_a_section_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no section 'speed'; there are start, load, switch"):
        list(run_bench(options(tmp_path, "speed")))
