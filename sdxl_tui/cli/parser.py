"""The commands and how a command line is read: what is wrong is one sentence, never a usage dump."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping, Sequence
from typing import NoReturn, Protocol

from sdxl_tui import __version__
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.settings import choices_of

COMMANDS = {
    "demo": "open the lab on the embedded model; without a terminal: make one picture",
    "generate": "make pictures and print their paths",
    "models": "list the models, where they lie and what is wrong with them",
    "styles": "list the styles, show what one sends, import those of other programs",
    "settings": "list the settings, where each comes from, and change them",
    "jobs": "list the jobs of jobs.log",
    "show": "print the settings of a picture",
    "bench": "measure this machine, beside stock diffusers",
    "doctor": "look at this machine: versions, GPU, folders, terminal",
}

SUBCOMMANDS = {
    "models download": "fetch models from the Hugging Face hub: the one command that uses the network",
    "models verify": "hold the models' files against what is known of them",
    "models convert": "make safetensors of a model that has pickles only",
}


class Command(Protocol):
    """What each module of this package gives."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; return the exit code."""


class Parser(argparse.ArgumentParser):
    """An argparse parser that raises UserError instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        text = message[0].upper() + message[1:]
        raise UserError(f"{text}; `{self.prog} --help` lists what there is.")


def parse(argv: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command and its arguments; no command opens the lab."""
    name = argv[0] if argv and not argv[0].startswith("-") else ""
    if name and name not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}."
        raise UserError(f"There is no command '{name}'; {hint}")
    if name:
        words = 2 if " ".join(argv[:2]) in SUBCOMMANDS else 1
        name = " ".join(argv[:words])
        command: Command = importlib.import_module(f"sdxl_tui.cli.{name.replace(' ', '_')}")
        parser = Parser(
            prog=f"sdxl-tui {name}",
            description=_sentence((COMMANDS | SUBCOMMANDS)[name]),
            epilog=_listed({key: what for key, what in SUBCOMMANDS.items() if key.startswith(f"{name} ")}),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(parser)
        return command, parser.parse_args(argv[words:])
    command = importlib.import_module("sdxl_tui.cli.lab")
    parser = Parser(
        prog="sdxl-tui",
        description="An SDXL image lab that lives in a terminal. Without a command it opens the lab.",
        epilog=_listed(COMMANDS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sdxl-tui {__version__}")
    command.add_arguments(parser)
    return command, parser.parse_args(argv)


def _listed(commands: Mapping[str, str]) -> str:
    width = max(map(len, commands), default=0) + 2
    return "Commands:\n" + "\n".join(f"  {name:<{width}}{what}" for name, what in commands.items()) if commands else ""


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def add_place_options(parser: argparse.ArgumentParser, *, log_dir: bool = True) -> None:
    """Add the options that say where files go."""
    parser.add_argument("--output-dir", metavar="DIR", help="pictures and jobs.log (default: output_images)")
    if log_dir:
        parser.add_argument("--log-dir", metavar="DIR", help="app_events.log (default: logs)")


def add_picture_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how pictures are shown."""
    parser.add_argument("--images", metavar="HOW", help=f"how pictures are shown: {', '.join(choices_of('images'))}")
