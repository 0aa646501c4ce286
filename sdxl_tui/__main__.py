"""``python -m sdxl_tui`` is ``sdxl-tui``."""

import sys

from sdxl_tui.cli import main

sys.exit(main())
