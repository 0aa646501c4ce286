"""What a user may name as init image or mask, and the sentence for what cannot be one."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.sizes import nearest_size
from sdxl_tui.core.source_images import fitted, read_init, read_mask

NASTY = "[/] [red]x[/red] [$accent] \\[\x1b[31m.png"


def photo(mode: str = "RGB", size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Left half dark, right half light, with noise so that files are not tiny."""
    picture = Image.effect_noise(size, 20).convert("RGB")
    picture.paste((220, 200, 180), (size[0] // 2, 0, *size))
    return picture.convert(mode)


def saved(folder: Path, picture: Image.Image, name: str = "photo.png", **options: Any) -> Path:
    path = folder / name
    picture.save(path, **options)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as raised:
        read_init(path)
    text = str(raised.value)
    assert "\n" not in text
    assert "\x1b" not in text
    return text


@pytest.mark.parametrize(("name", "mode"), [("a.png", "RGB"), ("a.jpg", "RGB"), ("a.webp", "RGB"), ("a.png", "L")])
def test_the_formats_people_have(tmp_path: Path, name: str, mode: str) -> None:
    path = saved(tmp_path, photo(mode), name)
    read = read_init(path)
    assert (read.image.mode, read.image.size) == ("RGB", (120, 80))
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.image.getpixel((110, 40))[0] > 180


def test_a_phone_photo_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    read = read_init(saved(tmp_path, photo(), "photo.jpg", exif=exif))
    assert read.image.size == (80, 120)
    assert read.image.getpixel((40, 110))[0] > 180


def test_a_damaged_exif_block_is_no_reason_to_refuse(tmp_path: Path) -> None:
    assert read_init(saved(tmp_path, photo(), "photo.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")).image.size == (
        120,
        80,
    )


def test_transparent_parts_show_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (80, 80), (200, 0, 0, 0))
    picture.paste((0, 0, 200, 255), (40, 0, 80, 80))
    for name in ("a.png", "a.webp"):
        image = read_init(saved(tmp_path, picture, name, **({"lossless": True} if name == "a.webp" else {}))).image
        assert image.getpixel((10, 10)) == (255, 255, 255)
        assert image.getpixel((60, 10)) == (0, 0, 200)


def test_palettes_with_and_without_transparency(tmp_path: Path) -> None:
    picture = photo().quantize(16)
    assert read_init(saved(tmp_path, picture)).image.getpixel((110, 40))[0] > 180
    clear = Image.new("P", (80, 80), 1)
    clear.putpalette([0, 0, 0, 10, 20, 30])
    clear.paste(0, (0, 0, 40, 80))
    image = read_init(saved(tmp_path, clear, transparency=0)).image
    assert (image.getpixel((10, 10)), image.getpixel((60, 10))) == ((255, 255, 255), (10, 20, 30))


def test_16_bits_become_8(tmp_path: Path) -> None:
    row = b"\x00\x80" * 40 + b"\xff\xff" * 40
    picture = Image.frombytes("I;16", (80, 80), row * 80)
    image = read_init(saved(tmp_path, picture)).image
    assert image.getpixel((60, 10)) == (255, 255, 255)
    assert image.getpixel((10, 10))[0] in (127, 128)


def test_of_several_pictures_in_a_file_the_first_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    photo().save(path, save_all=True, append_images=[Image.new("RGB", (120, 80))], lossless=True)
    assert read_init(path).image.getpixel((110, 40)) == (220, 200, 180)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_a_file_that_is_cut_says_after_which_row(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, Image.effect_noise((400, 300), 90).convert("RGB"), name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    text = refusal(path)
    assert text.startswith(f"{name} is cut short after row ")
    assert 110 < int(text.split("row ")[1].split()[0]) < 160
    assert text.endswith(" of 300: copy it again.")


@pytest.mark.parametrize(("name", "share"), [("a.webp", 0.5), ("a.jpg", 0.01), ("a.png", 0.02), ("p.jpg", 0.5)])
def test_a_file_that_is_cut_where_no_row_is_known(tmp_path: Path, name: str, share: float) -> None:
    progressive = {"progressive": True} if name == "p.jpg" else {}
    path = saved(tmp_path, Image.effect_noise((400, 300), 90).convert("RGB"), name, **progressive)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "cut short" in refusal(path)


def test_a_damaged_file(tmp_path: Path) -> None:
    path = saved(tmp_path, photo())
    data = bytearray(path.read_bytes())
    data[60:90] = b"\xff" * 30
    path.write_bytes(data)
    assert refusal(path) == "photo.png is damaged: copy it again."


def test_what_is_no_picture(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("a red fox")
    assert refusal(text) == "notes.txt is not a picture that the lab can read: PNG, JPEG and WebP are."
    assert refusal(saved(tmp_path, photo(), "a.tiff")) == "a.tiff is in the format TIFF: save it as PNG, JPEG or WebP."
    empty = tmp_path / "empty.png"
    empty.touch()
    assert "not a picture" in refusal(empty)
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert refusal(pipe) == f"{pipe} is not a picture."


def test_what_is_not_there_or_may_not_be_read(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.png") == f"There is no file {tmp_path / 'gone.png'}."
    assert refusal(tmp_path) == f"{tmp_path} is a folder: name one picture in it."
    assert refusal(Path("x" * 300 + ".png")).endswith("cannot be read: File name too long.")
    assert "cannot be read" in refusal(Path("a\0b.png"))
    assert refusal(saved(tmp_path, photo()) / "x.png").startswith("There is no file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_rights(tmp_path: Path) -> None:
    path = saved(tmp_path, photo())
    path.chmod(0)
    assert refusal(path) == f"{path} may not be read: mend its rights."


def test_rights_are_told_from_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = saved(tmp_path, photo())
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    assert refusal(path) == f"{path} may not be read: mend its rights."


def test_too_small_and_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = saved(tmp_path, photo(size=(63, 500)))
    assert refusal(small) == "photo.png is 63×500 pixels: an init image has 64 or more on each side."
    buffer = io.BytesIO()
    Image.new("1", (20000, 20000)).save(buffer, "PNG")
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(buffer.getvalue())
    assert refusal(bomb) == "bomb.png has more than 178 million pixels: make it smaller first."
    heavy = saved(tmp_path, photo(), "heavy.png")
    os.truncate(heavy, 600 * 2**20)
    assert refusal(heavy) == "heavy.png has 600.0 MiB: 512.0 MiB are the most; make it smaller first."


def test_a_name_does_a_terminal_no_harm(tmp_path: Path) -> None:
    path = tmp_path / NASTY.replace("/", "-")
    path.write_text("no picture")
    assert "[red]x" in refusal(path)


# Masks


def mask_refusal(folder: Path, mask: Image.Image) -> str:
    init = saved(folder, photo())
    with pytest.raises(UserError) as raised:
        read_mask(saved(folder, mask, "mask.png"), read_init(init), init)
    return str(raised.value)


def test_a_mask_is_black_and_white_whatever_it_was(tmp_path: Path) -> None:
    init = saved(tmp_path, photo())
    masks = {
        "jpeg.jpg": Image.new("L", (120, 80), 4),
        "alpha.png": Image.new("RGBA", (120, 80), (255, 255, 255, 0)),
        "bits.png": Image.new("1", (120, 80)),
        "deep.png": Image.new("I;16", (120, 80)),
        "palette.png": Image.new("L", (120, 80)).quantize(2),
        "scaled.png": Image.new("L", (241, 160)),
    }
    for name, mask in masks.items():
        white = (255, 255, 255, 255) if mask.mode == "RGBA" else 65535 if mask.mode == "I;16" else 255
        if mask.mode == "P":
            mask = Image.new("L", (120, 80))
            mask.paste(255, (40, 20, 80, 60))
            mask = mask.quantize(2)
        else:
            mask.paste(white, tuple(side * mask.width // 120 for side in (40, 20, 80, 60)))
        image = read_mask(saved(tmp_path, mask, name), read_init(init), init).image
        assert image.mode == "L", name
        assert sorted(value for count, value in image.getcolors()) == [0, 255], name
        assert fitted(image, 120, 80).getbbox() in ((40, 20, 80, 60), (39, 20, 80, 60), (40, 20, 81, 60)), name


def test_masks_that_cannot_be_used(tmp_path: Path) -> None:
    assert mask_refusal(tmp_path, Image.new("L", (120, 80), 127)) == (
        "mask.png has no white: paint white what is to be repainted."
    )
    assert mask_refusal(tmp_path, Image.new("L", (80, 120), 255)) == (
        "mask.png is 80×120 and photo.png 120×80: a mask has its picture's shape."
    )


# Sizes


def test_a_picture_is_scaled_to_cover_and_cropped_evenly() -> None:
    wide = Image.new("RGB", (300, 100), "black")
    wide.paste("white", (100, 0, 200, 100))
    assert fitted(wide, 64, 64).convert("L").getextrema()[0] > 240
    same = photo(size=(64, 96))
    assert fitted(same, 64, 96).tobytes() == same.tobytes()


def test_a_line_of_a_mask_survives_any_scale() -> None:
    mask = Image.new("L", (4000, 3000))
    mask.paste(255, (1234, 0, 1235, 3000))
    assert fitted(mask, 64, 48).getbbox() == (19, 0, 20, 48)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(4032, 3024, (1152, 896)), (3000, 2000, (1216, 832)), (1080, 1920, (768, 1344)), (500, 510, (1024, 1024)),
     (100, 9000, (640, 1536))],
)  # fmt: skip
def test_the_shape_of_a_picture_sets_the_size(width: int, height: int, size: tuple[int, int]) -> None:
    nearest = nearest_size(width, height, 1024, 1024)
    assert (nearest.width, nearest.height) == size
