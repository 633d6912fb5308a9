"""Peak memory of a piece of work, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

_MEASURE = """
import resource, sys
{prepare}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{work}
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(after - before)
"""


def peak_growth(work: str, prepare: str = "") -> float:
    """MiB by which the peak resident memory of a fresh process grows while it runs `work`.

    work, prepare: Python statements; `prepare` runs before the measuring begins.
    """
    code = _MEASURE.format(prepare=prepare, work=work)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, KiB elsewhere
    return int(done.stdout.split()[-1]) / unit
