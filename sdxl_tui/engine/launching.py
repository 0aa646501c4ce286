"""Starting Triton's kernels, and compiling those of a whole model side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = tl = None
try:
    from triton.tools.tensor_descriptor import TensorDescriptor
except ImportError:  # Triton before 3.3 has no descriptors from the host
    TensorDescriptor = None

__all__ = ["TensorDescriptor", "compiling", "launch", "tl", "triton"]

COMPILERS = 8
"""Kernels that are compiled at once: most of that is done outside of Python's lock."""

_compiling: dict[Any, Future[Any]] | None = None
_pool: ThreadPoolExecutor | None = None


def launch(kernel: Any, grid: Sequence[int], *arguments: Any, **options: Any) -> None:
    """Start a kernel; within ``compiling`` it is compiled in the background instead, and what it writes stays unset."""
    if _compiling is None or _pool is None:
        kernel[tuple(grid)](*arguments, **options)
        return
    key = (kernel, *map(_kind, kernel.params, arguments))
    if key not in _compiling:
        _compiling[key] = _pool.submit(_compile, kernel, arguments, grid=tuple(grid), **options)


@contextmanager
def compiling() -> Iterator[None]:
    """Run the code inside only for the kernels that it would start: they are ready afterwards.

    For the engine's thread alone. Raises what a compilation raises.
    """
    global _compiling, _pool
    with ThreadPoolExecutor(COMPILERS, "kernels") as _pool:
        _compiling = {}
        try:
            yield
            for future in _compiling.values():
                future.result()
        finally:
            _compiling = _pool = None


def _compile(kernel: Any, arguments: Sequence[Any], **options: Any) -> None:
    compiled = kernel.warmup(*arguments, **options)
    # The C code that starts it is compiled as well, otherwise only when it is first started.
    if start := getattr(compiled, "_init_handles", None):
        start()


def _kind(parameter: Any, argument: Any) -> Any:
    """What of an argument a kernel is compiled for; finer than Triton needs it at worst."""
    if parameter.is_constexpr:
        return argument
    if isinstance(argument, int):
        return argument == 1, argument % 16 == 0
    if hasattr(argument, "data_ptr"):
        return argument.dtype, argument.data_ptr() % 16 == 0
    return type(argument), tuple(getattr(argument, "block_shape", ()))
