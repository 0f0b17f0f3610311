"""``python kill.py SOURCE DESTINATION FIRST STOP``: ingest once for each moment from FIRST to STOP, and die by SIGKILL in it.

A moment is the N-th thing done to the disk. What was written may be torn: before a file is seen to the disk, every other
time half of it is cut off. ``{}`` in DESTINATION stands for the moment. Prints for each moment whether the ingest died.
Each runs in a fork of this process, which has imported all that it needs: that makes dozens of them quick.
"""

import os
import signal
import sys
from pathlib import Path

from ziggurat.ingest import ingest

ACTS = ("fsync", "rename", "mkdir")


def die_at(moment: int) -> None:
    """Let this process die in the given moment."""
    count = 0

    def watched(name, act):
        def call(*arguments, **options):
            nonlocal count
            count += 1
            if count == moment:
                if name == "fsync" and moment % 2:
                    tear(arguments[0])
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments, **options)

        return call

    for name in ACTS:
        setattr(os, name, watched(name, getattr(os, name)))


def tear(handle: int) -> None:
    """Cut off half of an open file."""
    path = Path(f"/proc/self/fd/{handle}").resolve()
    if path.is_file():
        os.truncate(path, path.stat().st_size // 2)


def main(source: str, destination: str, first: str, stop: str) -> None:
    """Ingest again and again."""
    for moment in range(int(first), int(stop)):
        child = os.fork()
        if child == 0:
            die_at(moment)
            ingest(source, destination.format(moment))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status not in (0, signal.SIGKILL):
            sys.exit(f"moment {moment} ended with status {status}")
        print(moment, "died" if status else "ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
