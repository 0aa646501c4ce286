"""``sdxl-tui generate``: make pictures and print their paths."""

from __future__ import annotations

import argparse
import sys

from sdxl_tui.cli.generate_jobs import add_jobs_options, run_jobs
from sdxl_tui.cli.hires_options import add_hires_options, hires_from
from sdxl_tui.cli.mode_options import add_mode_options, mode_fields
from sdxl_tui.cli.parser import add_place_options
from sdxl_tui.cli.printing import print_record
from sdxl_tui.core import events_log
from sdxl_tui.core.check import check_model, remedy
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import parse_use
from sdxl_tui.core.loras import LoraLibrary, lora_folders, with_loras
from sdxl_tui.core.models import Model, load_catalogue
from sdxl_tui.core.names import find_one
from sdxl_tui.core.prompt_syntax import PLAIN
from sdxl_tui.core.request import (
    GenerationRequest,
    defaults_for,
    parse_guidance,
    parse_seed,
    parse_size,
    parse_whole,
)
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.settings import Settings, load_settings
from sdxl_tui.core.sizes import nearest_size
from sdxl_tui.core.source_images import check_sources, read_init
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.core.style_sets import find_style, words_only
from sdxl_tui.core.styles import NONE, load_styles
from sdxl_tui.core.variants import expanded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; numbers are read by the request's own rules, so that their errors are its sentences."""
    parser.add_argument("--model", metavar="ID", help="id, shown name or part of one (`sdxl-tui models` lists them)")
    parser.add_argument("--prompt", metavar="TEXT")
    parser.add_argument("--negative", metavar="TEXT", help="negative prompt")
    parser.add_argument("--style", metavar="NAME", help="several in their order: 'cinematic + 35mm film'")
    parser.add_argument("--scheduler", metavar="NAME", help=", ".join(SCHEDULERS))
    parser.add_argument("--steps", metavar="N", help="1 to 200")
    parser.add_argument("--guidance", metavar="F", help="CFG, 0 to 50")
    parser.add_argument(
        "--size", metavar="WxH", help="in pixels, multiples of 8 (default: the model's own, or the init image's shape)"
    )
    parser.add_argument("--batch", metavar="N", help="1 to 64 (default: 1)")
    parser.add_argument("--seed", metavar="N", help="of the first picture; -1, the default, draws one")
    parser.add_argument("--speed", metavar="WORD", help=f"{', '.join(SPEEDS)} (default: the setting, else fast)")
    parser.add_argument(
        "--lora",
        metavar="NAME[:WEIGHT]",
        action="append",
        default=[],
        help="a LoRA of the setting lora_dir, weight 1 if none is given; more of them work together; "
        "<lora:NAME:WEIGHT> in the prompt does the same",
    )
    parser.add_argument(
        "--plain-prompt", action="store_true", help="send every sign of the prompts as it is: no weights, no {a|b}"
    )
    parser.add_argument("--json", action="store_true", help="print the job's log line instead of paths")
    parser.add_argument(
        "--fit",
        action="store_true",
        help="what the GPU has no room for as it is asked for runs in a gentler way",
    )
    add_place_options(parser)
    add_jobs_options(parser)
    add_mode_options(parser)
    add_hires_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make the pictures; every refusal comes before torch is imported."""
    settings = load_settings({"output_dir": arguments.output_dir, "log_dir": arguments.log_dir})
    if arguments.jobs is not None:
        if arguments.prompt is not None:
            raise UserError("--prompt and --jobs exclude each other: the lines of the file have prompts of their own.")
        return run_jobs(arguments, settings)
    if arguments.prompt is None:
        raise UserError("Which prompt? Give one with --prompt, or a file of them with --jobs.")
    if arguments.then is not None:
        raise UserError("--then says nothing without --jobs: add it.")
    request = request_from(arguments, settings)
    report = check_model(request.model)
    if report.state != "ready":
        advice = f" `{command}` makes it so." if (command := remedy(report)) else ""
        raise UserError(f"{request.model.name} is not ready: {' '.join(report.problems)}{advice}")
    check_sources(request)
    return generate(settings, request, as_json=arguments.json, fit=arguments.fit)


def request_from(arguments: argparse.Namespace, settings: Settings) -> GenerationRequest:
    """Return the request; what is given beats what the style sets, and that beats the model's defaults."""
    model = _model(arguments.model or settings.model)
    styles, problems = load_styles()
    for problem in problems:
        print(f"sdxl-tui: {problem}", file=sys.stderr)
    style = find_style(arguments.style or NONE, styles)
    if remark := words_only(model, style):
        print(f"sdxl-tui: {remark}", file=sys.stderr)
    defaults = defaults_for(model, style)
    scheduler = defaults.scheduler
    if arguments.scheduler is not None:
        scheduler = find_one(arguments.scheduler, {i: row.name for i, row in SCHEDULERS.items()}, "scheduler")
    own = mode_fields(arguments)
    if arguments.size is not None:
        width, height = parse_size(arguments.size)
    elif "init_image" in own:
        init = read_init(own["init_image"]).image
        size = nearest_size(init.width, init.height, model.width, model.height)
        width, height = size.width, size.height
    else:
        width, height = defaults.width, defaults.height
    guidance = defaults.guidance_scale if arguments.guidance is None else parse_guidance(arguments.guidance)
    steps = defaults.steps if arguments.steps is None else parse_whole("Steps", arguments.steps)
    request = GenerationRequest(
        model=model,
        prompt=arguments.prompt,
        negative_prompt=arguments.negative or "",
        style=style,
        scheduler=scheduler,
        steps=steps,
        guidance_scale=guidance,
        width=width,
        height=height,
        batch_size=1 if arguments.batch is None else parse_whole("Batch", arguments.batch),
        seed=parse_seed(arguments.seed or ""),
        speed=settings.speed if arguments.speed is None else arguments.speed,
        loras=tuple(map(parse_use, arguments.lora)),
        prompt_syntax=PLAIN if arguments.plain_prompt else settings.prompt_syntax,
        **own,
        **hires_from(arguments, steps),
    )
    return with_loras(expanded(request), LoraLibrary(lora_folders(settings.lora_dir)))


def _model(wanted: str) -> Model:
    catalogue = load_catalogue()
    if not wanted:
        raise UserError("Which model? Name one with --model; `sdxl-tui models` lists them, `demo` works everywhere.")
    return catalogue[find_one(wanted, {i: model.name for i, model in catalogue.items()}, "model")]


def generate(settings: Settings, request: GenerationRequest, *, as_json: bool, fit: bool = False) -> int:
    """Run one request and print what came of it: paths (or the log line) on stdout, the reason on stderr."""
    events_log.configure(settings.log_dir)
    from sdxl_tui.cli.progress import run_one
    from sdxl_tui.engine import JobDone, JobFailed

    end = run_one(settings, request, fit=fit)
    if as_json:
        print_record(end.record)
    else:
        for name in end.record["outputs"]:
            print(settings.output_dir / name)
    if isinstance(end, JobDone):
        return 0
    if isinstance(end, JobFailed):
        print(f"sdxl-tui: {end.reason}", file=sys.stderr)
    else:
        print(f"sdxl-tui: Stopped at step {end.step} of {request.denoising_steps}.", file=sys.stderr)
    return 1
