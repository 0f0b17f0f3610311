"""A progress bar for long work, where a person is watching."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(what: str, *, unit: str = "", scale: float = 1) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with (done, total); the bar shows both divided by ``scale``, in ``unit``.

    Without the package rich there is no bar, and the work is done all the same.
    """
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    except ModuleNotFoundError:
        yield lambda done, total: None
        return

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn(f"{{task.completed:,.0f}} of {{task.total:,.0f}} {unit}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task(what, total=1)

    def update(done: int, total: int) -> None:
        bar.start()  # not before there is something to show: an error that comes at once stands alone
        bar.update(task, completed=done / scale, total=total / scale)

    try:
        yield update
    finally:
        if bar.live.is_started:
            bar.stop()
