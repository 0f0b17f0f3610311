"""What a figure has to be read with: machine, versions, commit, date and command."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np

LIBRARIES = ("openjpeg", "openjph", "libjxl", "charls", "c-blosc2", "zstd")


def facts() -> dict[str, str]:
    """Return them as text."""
    versions = dict(re.findall(r"([\w-]+)-([\w.]+)", imagecodecs.version()))
    return {
        "cpu": f"{_cpu()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "ziggurat": f"{importlib.metadata.version('ziggurat')}, commit {_output('git', 'rev-parse', '--short', 'HEAD')}",
        "python": f"{platform.python_version()}, NumPy {np.__version__}, Node {_output('node', '--version')}",
        "peers": f"imagecodecs {versions['imagecodecs']} with "
        + ", ".join(f"{name} {versions[name]}" for name in LIBRARIES if name in versions),
        "load": f"{os.getloadavg()[0]:.1f}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": " ".join(["python -m bench.codec", *sys.argv[1:]]),
    }


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", path.read_text()) if path.exists() else []
    return names[0] if names else platform.processor() or "unknown"


def _output(*command: str) -> str:
    """Return what a program prints; a missing one is no reason to do without the other figures."""
    program = shutil.which(command[0])
    if program is None:
        return "unknown"
    folder = Path(__file__).parent
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout.strip() or "unknown"
