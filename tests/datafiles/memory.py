"""Peak memory of a piece of work, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# The usual `ru_maxrss` of a process begins at what its parent had when it was started: beside a large parent
# it never grows. What Linux keeps in /proc is of the process alone.
_MEASURE = """
import pathlib, re, resource, sys
def peak():
    status = pathlib.Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
{prepare}
before = peak()
{work}
print(peak() - before)
"""


def peak_growth(work: str, prepare: str = "") -> float:
    """MiB by which the peak resident memory of a fresh process grows while it runs `work`.

    work, prepare: Python statements; `prepare` runs before the measuring begins.
    """
    code = _MEASURE.replace("{prepare}", prepare).replace("{work}", work)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout.split()[-1])
