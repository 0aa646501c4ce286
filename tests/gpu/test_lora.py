"""LoRAs on a GPU, over SDXL at its full size: in place under captured graphs, off bit for bit, and how fast."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, JobDone
from tests import lora_files
from tests.engine.conftest import Lab
from tests.engine.test_pictures import difference
from tests.gpu.conftest import big, pictures
from tests.gpu.test_speed import NO_WORSE

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

TURNS = 20
MIB = 2**20


class LoraLab(Lab):
    """The engine on the GPU with a folder of LoRAs; it keeps the base on the card unless the test says otherwise."""

    def __init__(self, folder: Path, loras: Path, **settings: str) -> None:
        super().__init__(folder)
        self.engine.close(timeout=60)
        self.engine = Engine(Settings(output_dir=folder, lora_dir=str(loras), **settings), self.reports.put)
        self.engine.start()

    @property
    def residency(self) -> Any:
        return self.engine._residency

    def weights(self) -> dict[str, Any]:
        arena = self.residency.loaded.arena
        return {name: arena[name].clone() for name in arena.layout.places}


@pytest.fixture(scope="module")
def loras(sdxl: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rank 16, on the attention layers and both text encoders; ``b`` on the convolutions too."""
    import torch

    folder = tmp_path_factory.mktemp("loras")
    own: dict[str, Any] = {"rank": 16, "size": 0.5}
    for name, pattern in (("a", lora_files.ATTENTION), ("b", f"{lora_files.ATTENTION}|{lora_files.CONVOLUTIONS}")):
        made = lora_files.factors(sdxl.folder, seed=ord(name), unet=pattern, **own)
        lora_files.write(folder / f"{name}.safetensors", made, alpha=8, layers=2, dtype=torch.float16)
    return folder


@pytest.fixture(scope="module")
def lora_lab(loras: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoraLab]:
    lab = LoraLab(tmp_path_factory.mktemp("pictures"), loras)
    yield lab
    assert lab.engine.close(timeout=60)


def painted(lab: LoraLab, model: Model, tags: str = "", **changes: object) -> Image.Image:
    """The picture that a prompt with these tags gives."""
    [picture] = pictures(lab, model, prompt=f"a red apple{tags}", **changes)
    return picture


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    import torch

    return {name for name in one if not torch.equal(one[name], other[name])}


def test_exact_is_eager_with_merged_weights_and_off_is_the_base_bit_for_bit(lora_lab: LoraLab, sdxl: Model) -> None:
    tags = " <lora:a:0.8><lora:b:0.3:0.5>"
    before = {speed: painted(lora_lab, sdxl, speed=speed) for speed in ("eager", "exact", "fast")}
    weights = lora_lab.weights()
    worn = {speed: painted(lora_lab, sdxl, tags, speed=speed) for speed in before}
    assert worn["eager"].tobytes() == worn["exact"].tobytes() != before["eager"].tobytes()
    print(f"fast against eager, with LoRAs: {difference(worn['eager'], worn['fast']):.3f} of 255")
    assert difference(worn["eager"], worn["fast"]) < NO_WORSE < difference(worn["fast"], before["fast"])
    for speed, picture in before.items():
        assert painted(lora_lab, sdxl, speed=speed).tobytes() == picture.tobytes()
    assert not differing(weights, lora_lab.weights())


def test_the_live_weights_are_those_that_a_stock_merge_gives(lora_lab: LoraLab, sdxl: Model, loras: Path) -> None:
    import torch
    from safetensors.torch import load_file

    painted(lora_lab, sdxl, speed="fast", steps=1)
    before = lora_lab.weights()
    painted(lora_lab, sdxl, "<lora:b:0.5>", speed="fast", steps=1)
    after = lora_lab.weights()
    assert len(differing(before, after)) == len(load_file(loras / "b.safetensors")) // 3
    key = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q"
    stored = load_file(loras / "b.safetensors")
    up, down = (stored[f"{key}.lora_{which}.weight"].cuda().float() for which in ("up", "down"))
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    delta = (up @ down) * (0.5 * 8 / 16)
    torch.set_float32_matmul_precision(precision)
    name = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight"
    assert torch.equal(after[name], (before[name].float() + delta).half())


def test_graphs_stay_and_turning_on_and_off_takes_milliseconds_and_no_memory(lora_lab: LoraLab, sdxl: Model) -> None:
    import torch

    base = painted(lora_lab, sdxl, speed="fast", steps=2)
    worn = painted(lora_lab, sdxl, "<lora:a>", speed="fast", steps=2)
    loaded, loras = lora_lab.residency.loaded, lora_lab.residency.loras
    graphs, address = set(loaded.speed._graphs._captured), loaded.pipe.unet.conv_in.weight.data_ptr()
    held = torch.cuda.memory_allocated()
    on, off = [], []
    for _ in range(TURNS):
        done = lora_lab.run(big(sdxl, prompt="a red apple <lora:a>", speed="fast", steps=2))
        assert isinstance(done, JobDone)
        on.append(done.record["lora_seconds"])
        off.append(loras.wear(loaded, (), lambda: None))
    print(f"on {statistics.median(on) * 1000:.1f} ms, off {statistics.median(off) * 1000:.1f} ms")
    assert abs(torch.cuda.memory_allocated() - held) < 8 * MIB
    assert set(loaded.speed._graphs._captured) == graphs
    assert loaded.pipe.unet.conv_in.weight.data_ptr() == address
    assert painted(lora_lab, sdxl, "<lora:a>", speed="fast", steps=2).tobytes() == worn.tobytes()
    assert painted(lora_lab, sdxl, speed="fast", steps=2).tobytes() == base.tobytes()


def test_without_room_on_the_card_the_base_is_kept_in_host_ram(tmp_path: Path, sdxl: Model, loras: Path) -> None:
    lab = LoraLab(tmp_path, loras, keep_vram="0", keep_ram="0")
    try:
        base = painted(lab, sdxl, speed="fast", steps=2)
        weights = lab.weights()
        for _ in range(2):
            done = lab.run(big(sdxl, prompt="a red apple <lora:b>", speed="fast", steps=2))
            print(f"on, the base in host RAM: {done.record['lora_seconds']:.3f} s")
            assert lab.residency.loras.kept_bytes == 0
            assert painted(lab, sdxl, speed="fast", steps=2).tobytes() == base.tobytes()
            assert not differing(weights, lab.weights())
    finally:
        assert lab.engine.close(timeout=60)


def test_the_room_is_given_to_a_job_also_while_one_is_on(lora_lab: LoraLab, sdxl: Model) -> None:
    base = painted(lora_lab, sdxl, speed="fast", steps=2)
    worn = painted(lora_lab, sdxl, "<lora:b>", speed="fast", steps=2)
    assert lora_lab.residency.loras.kept_bytes > 0
    assert lora_lab.residency.make_room_for_job() > 0
    assert lora_lab.residency.loras.kept_bytes == 0
    assert painted(lora_lab, sdxl, "<lora:b>", speed="fast", steps=2).tobytes() == worn.tobytes()
    assert painted(lora_lab, sdxl, speed="fast", steps=2).tobytes() == base.tobytes()
