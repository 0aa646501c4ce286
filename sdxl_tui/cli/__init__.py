"""The command line. Answers and refusals come before anything heavy is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``sdxl-tui``; return 0 done, 1 the job failed or was cancelled, 2 bad input or a model that is not ready."""
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
    from sdxl_tui.cli.parser import parse
    from sdxl_tui.core.errors import UserError
    from sdxl_tui.core.text import one_line

    try:
        command, arguments = parse(sys.argv[1:] if argv is None else argv)
        return command.run(arguments)
    except UserError as error:
        print(f"sdxl-tui: {one_line(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sdxl-tui: Stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has enough of it (``| head``); closing stdout again at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
