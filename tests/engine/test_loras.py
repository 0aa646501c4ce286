"""LoRAs on the demo model: they change its pictures as they should, and leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import LoraUse
from sdxl_tui.core.models import CATALOGUE, DEMO, Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, JobCancelled, JobDone, JobFailed
from tests import lora_files
from tests.engine.conftest import Lab, in_folder, request
from tests.engine.model_variants import configure, copied, other_weights

pytestmark = pytest.mark.usefixtures("own_home")

MARKUP = "[/] [red]x[/red] [$accent] \\["


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``a`` and ``b`` change everything, ``words`` the text encoders only, ``paint`` the UNet only."""
    folder = tmp_path_factory.mktemp("loras")
    everything = f"{lora_files.ATTENTION}|{lora_files.CONVOLUTIONS}"
    lora_files.write(folder / "a.safetensors", lora_files.factors(unet=everything), alpha=2)
    lora_files.write(folder / "deep" / "b.safetensors", lora_files.factors(seed=2), "peft")
    lora_files.write(folder / "words.safetensors", lora_files.factors(seed=3, unet="^$", size=0.5))
    lora_files.write(folder / "paint.safetensors", lora_files.factors(seed=4, text=None), "diffusers")
    lora_files.write(folder / f"{MARKUP.replace('/', '∕')}.safetensors", lora_files.factors(seed=5))
    return folder


class LoraLab(Lab):
    """A lab with a folder of LoRAs."""

    def __init__(self, pictures: Path, loras: Path, **settings: str) -> None:
        super().__init__(pictures)
        self.engine.close(timeout=30)
        self.engine = Engine(
            Settings(output_dir=pictures, device="cpu", lora_dir=str(loras), **settings), self.reports.put
        )
        self.engine.start()

    def pixels(self, tags: str = "", model: Model = CATALOGUE[DEMO], **changes: object) -> bytes:
        """The picture that a prompt with these tags gives."""
        [picture] = self.pictures(f"a red apple{tags}", model=model, steps=2, **changes)
        return picture.tobytes()

    def weights(self) -> dict[str, torch.Tensor]:
        arena = self.engine._residency.loaded.arena
        return {name: arena[name].clone() for name in arena.layout.places}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[LoraLab]:
    lab = LoraLab(tmp_path_factory.mktemp("pictures"), folder)
    yield lab
    assert lab.engine.close(timeout=30)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_on_and_off_between_jobs_the_weights_are_the_models_own_again(lab: LoraLab) -> None:
    base = lab.pixels()
    weights = lab.weights()
    address = lab.engine._residency.loaded.pipe.unet.conv_in.weight.data_ptr()
    pictures = {tags: lab.pixels(tags) for tags in ("<lora:a>", "<lora:b:0.8>", "<lora:a><lora:b:0.8>", "<lora:a:-1>")}
    assert len({base, *pictures.values()}) == 5
    assert lab.pixels() == base
    assert same(lab.weights(), weights)
    for tags, pixels in reversed(pictures.items()):
        assert lab.pixels(tags) == pixels
    assert lab.pixels("<lora:a:0>") == base
    assert same(lab.weights(), weights)
    assert lab.engine._residency.loaded.pipe.unet.conv_in.weight.data_ptr() == address


@pytest.mark.parametrize("spelling", ["kohya", "peft", "diffusers"])
def test_what_is_added_is_weight_times_alpha_by_rank_times_up_and_down(tmp_path: Path, spelling: str) -> None:
    every = f"{lora_files.ATTENTION}|{lora_files.CONVOLUTIONS}|proj_in$|ff\\.net\\.2$|time_emb_proj$"
    made = lora_files.factors(unet=every, rank=8)
    alpha = 2 if spelling == "kohya" else None
    lora_files.write(tmp_path / "loras" / "x.safetensors", made, spelling, alpha=alpha)
    lab = LoraLab(tmp_path / "pictures", tmp_path / "loras")
    try:
        lab.pixels()
        before = lab.weights()
        lab.pixels("<lora:x:0.25:0.5>")
        after = lab.weights()
    finally:
        assert lab.engine.close(timeout=30)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    expected = {}
    for layer, (up, down) in made.items():
        name = next(n for n in before if n.replace("text_model.", "") == f"{layer}.weight".replace("text_model.", ""))
        weight = (0.25 if name.startswith("text") else 0.5) * (alpha / 8 if alpha else 1)
        delta = (up.flatten(1) @ down.flatten(1)) * weight
        expected[name] = before[name] + delta.view(before[name].shape)
    assert changed == set(expected)
    for name, wanted in expected.items():
        assert torch.allclose(after[name], wanted, atol=1e-6), name


def test_a_prompt_is_encoded_anew_where_the_text_encoders_change(lab: LoraLab) -> None:
    base = lab.pixels()
    assert lab.pixels("<lora:words>") != base
    assert lab.pixels("<lora:words:0:1>") == base
    assert lab.pixels("<lora:paint>") != base
    assert lab.pixels() == base


def test_the_tags_are_no_words(lab: LoraLab) -> None:
    plain = lab.run(request("a red apple"))
    tagged = lab.run(request("a <lora:a:0> red<lora:b:0> apple"))
    assert plain.record["tokens"] == tagged.record["tokens"]
    assert plain.record["pixels_sha256"] == tagged.record["pixels_sha256"]
    assert "_a-red-apple" in tagged.outputs[0].name
    assert "lora" not in tagged.outputs[0].name


def test_those_chosen_beside_the_prompt_work_as_those_in_it(lab: LoraLab) -> None:
    tagged = lab.pixels("<lora:a:0.5><lora:b>")
    assert lab.pixels(loras=(LoraUse("a", 0.5), LoraUse("deep/b"))) == tagged
    assert lab.pixels("<lora:b>", loras=(LoraUse("a", 0.5),)) == tagged


def test_the_log_says_what_was_on(lab: LoraLab, folder: Path) -> None:
    import hashlib

    done = lab.run(request("a red apple<lora:b:0.8>", loras=(LoraUse("a", 0.5, 0.25),)))
    chosen, tagged = done.record["loras"]
    assert chosen == {
        "name": "a",
        "sha256": hashlib.sha256((folder / "a.safetensors").read_bytes()).hexdigest(),
        "autov3": chosen["autov3"],
        "weight": 0.5,
        "text_weight": 0.25,
    }
    assert (tagged["name"], tagged["weight"], tagged["in_prompt"]) == ("deep/b", 0.8, True)
    assert done.record["lora_seconds"] >= 0
    assert "loras" not in lab.run(request("a red apple")).record


@pytest.mark.parametrize(
    "budgets",
    [
        {"keep_vram": "0", "keep_ram": "0"},
        {"keep_vram": "1", "keep_ram": "0"},
        {"keep_vram": "0", "keep_ram": "1"},
    ],
    ids=["files", "VRAM", "RAM"],
)
def test_models_that_are_switched_to_and_from_have_their_own_weights(
    tmp_path: Path, folder: Path, budgets: dict[str, str]
) -> None:
    a, b = CATALOGUE[DEMO], in_folder(other_weights(tmp_path / "b"), "test/b")
    lab = LoraLab(tmp_path / "pictures", folder, **budgets)
    try:
        own = {model.id: lab.pixels(model=model) for model in (a, b)}
        worn = {model.id: lab.pixels("<lora:a>", model) for model in (a, b)}
        assert len({*own.values(), *worn.values()}) == 4
        for model in (b, a, b, a):
            assert lab.pixels("<lora:a>", model) == worn[model.id]
        for model in (b, a, b):
            assert lab.pixels(model=model) == own[model.id]
            assert lab.pixels("<lora:a>", model) == worn[model.id]
    finally:
        assert lab.engine.close(timeout=30)


def test_a_switch_that_fails_leaves_the_model_before_usable_with_and_without(lab: LoraLab, tmp_path: Path) -> None:
    base, worn = lab.pixels(), lab.pixels("<lora:a>")
    broken = in_folder(other_weights(tmp_path / "broken"), "test/broken")
    file = next((tmp_path / "broken" / "unet").glob("*.safetensors"))
    assert isinstance(lab.run(request(model=broken)), JobDone)
    assert lab.pixels("<lora:a>") == worn
    file.write_bytes(file.read_bytes()[:-5])
    assert isinstance(lab.run(request(model=broken)), JobFailed)
    assert lab.pixels("<lora:a>") == worn
    assert lab.pixels() == base


def test_one_for_other_widths_is_refused_before_it_is_queued(lab: LoraLab, tmp_path: Path, folder: Path) -> None:
    other = in_folder(copied(tmp_path / "other"), "test/other")
    configure(other.folder, "unet/config.json", cross_attention_dim=2048)
    with pytest.raises(UserError, match=r"LoRA a is made for another model, not for test/other: its text is 224 wide"):
        lab.engine.submit(request("x <lora:a>", model=other))


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("<lora:nope>", "There is no LoRA 'nope'; there are"),
        ("<lora:wordz>", "did you mean words"),
        ("<lora:a:much>", "names no LoRA with a weight"),
        ("<lora:a:11>", "goes from -10 to 10"),
    ],
)
def test_what_cannot_be_meant_is_said_at_once(lab: LoraLab, tag: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        lab.engine.submit(request(f"x {tag}"))


def test_one_in_the_negative_prompt_is_refused(lab: LoraLab) -> None:
    with pytest.raises(UserError, match="out of the negative prompt"):
        lab.engine.submit(request("x", negative_prompt="<lora:a>"))


def test_with_a_plain_prompt_a_tag_is_text(lab: LoraLab) -> None:
    done = lab.run(request("x <lora:a>", prompt_syntax="plain"))
    assert "loras" not in done.record


def test_a_file_that_breaks_after_it_was_queued_fails_its_job_and_no_other(
    lab: LoraLab, tmp_path: Path, folder
) -> None:
    base, worn = lab.pixels(), lab.pixels("<lora:a>")
    file = lora_files.write(folder / "broken.safetensors", lora_files.factors(seed=9))
    whole = file.read_bytes()
    first = lab.engine.submit(request("slow <lora:a>", steps=30))
    job = lab.engine.submit(request("x <lora:broken>"))
    file.write_bytes(whole[:-7])
    lab.end(first)
    failed = lab.end(job)
    file.unlink()
    assert isinstance(failed, JobFailed)
    assert "The LoRA broken" in failed.reason
    assert lab.pixels("<lora:a>") == worn
    assert lab.pixels() == base


def test_a_layer_that_the_model_lacks_is_named(lab: LoraLab, folder: Path) -> None:
    made = lora_files.factors(seed=9, text=None)
    made["unet.down_blocks.7.attentions.0.proj_in"] = (torch.zeros(160, 4), torch.zeros(4, 160))
    file = lora_files.write(folder / "lacking.safetensors", made, "peft")
    failed = lab.run(request("x <lora:lacking>"))
    file.unlink()
    assert isinstance(failed, JobFailed)
    assert "which has no layer unet.down_blocks.7" in failed.reason


def test_out_of_memory_in_the_midst_leaves_the_base(lab: LoraLab, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui.engine import loras

    base = lab.pixels()
    weights = lab.weights()
    merged, calls = loras._merged, []

    def failing(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 20:
            raise torch.cuda.OutOfMemoryError("no room")
        return merged(*arguments)

    monkeypatch.setattr(loras, "_merged", failing)
    failed = lab.run(request("x <lora:a>"))
    assert isinstance(failed, JobFailed)
    assert "Out of memory while putting LoRAs on" in failed.reason
    assert same(lab.weights(), weights)
    assert lab.pixels() == base
    monkeypatch.setattr(loras, "_merged", merged)
    lab.pixels("<lora:a>")
    assert lab.pixels() == base


def test_a_job_that_is_stopped_leaves_no_trace(lab: LoraLab) -> None:
    from sdxl_tui.engine import StepDone

    base = lab.pixels()
    job = lab.engine.submit(request("x <lora:a>", steps=100))
    lab.until(StepDone)
    lab.engine.cancel(job.id)
    assert isinstance(lab.end(job), JobCancelled)
    assert lab.pixels() == base


def test_room_that_a_job_wants_is_given_also_while_one_is_on(lab: LoraLab) -> None:
    base, worn = lab.pixels(), lab.pixels("<lora:a>")
    loras = lab.engine._residency.loras
    loras.give_way()
    assert lab.pixels("<lora:a>") == worn
    assert lab.pixels() == base
    loras.give_way()
    assert lab.pixels("<lora:a>") == worn


def test_only_jobs_with_the_same_ones_run_in_one_pass(tmp_path: Path, folder: Path) -> None:
    lab = LoraLab(tmp_path / "pictures", folder, join_jobs="on")
    try:
        first = lab.engine.submit(request("slow", steps=60, width=256))
        jobs = [lab.engine.submit(request(f"an apple {tags}", seed=seed)) for seed, tags in
                enumerate(("<lora:a>", "", "<lora:a>", "<lora:a:0.5>"))]  # fmt: skip
        lab.end(first)
        records = {}
        while len(records) < 4:
            event = lab.until(JobDone, JobFailed)
            records[event.job_id] = event.record
    finally:
        assert lab.engine.close(timeout=30)
    ids = [job.id for job in jobs]
    assert [records[i].get("joined_with") for i in ids] == [[ids[2]], None, [ids[0]], None]
    assert all(records[i]["status"] == "done" for i in ids)


def test_every_mode_takes_them(lab: LoraLab, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (128, 128), "green").save(tmp_path / "init.png")
    Image.new("L", (128, 128), 255).save(tmp_path / "mask.png")
    for own in (
        {"mode": "img2img", "init_image": tmp_path / "init.png"},
        {"mode": "inpaint", "init_image": tmp_path / "init.png", "mask_image": tmp_path / "mask.png"},
        {"mode": "animate_steps", "frames": 2, "motion": "latent"},
        {"mode": "animate_steps", "frames": 2, "motion": "prompt", "end_prompts": ("a blue cat",)},
    ):
        plain, worn, again = (lab.run(request(f"x{tag}", **own)) for tag in ("", "<lora:a>", ""))
        assert plain.record["pixels_sha256"] == again.record["pixels_sha256"] != worn.record["pixels_sha256"], own


def test_a_name_with_brackets_is_a_name(lab: LoraLab) -> None:
    name = MARKUP.replace("/", "∕")
    done = lab.run(request(f"x <lora:{name}:0.5>"))
    assert isinstance(done, JobDone)
    assert done.record["loras"][0]["name"] == name
    assert done.record["tokens"] == lab.run(request("x")).record["tokens"]


def test_a_request_that_was_found_before_is_found_again_as_it_was(lab: LoraLab) -> None:
    job = lab.engine.submit(request("x <lora:a>", loras=(LoraUse("b"),)))
    again = lab.engine.submit(replace(job.request, seed=7))
    assert again.request.loras == job.request.loras
    assert len(job.request.loras) == 2
    lab.end(job)
    lab.end(again)
