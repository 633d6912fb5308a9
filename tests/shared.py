"""Where the tests find the real data, which live beside the repository and are no part of it.

`SHARED` is the folder `shared` next to the repository, or what `TIEBREAK_SHARED` names. A fresh clone has no
such folder: a test that needs a file from it asks `require_shared`, which skips that test with the reason.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TIEBREAK_SHARED") or REPOSITORY.parent / "shared")


def require_shared(relative: str) -> Path:
    """The path of a shared file or folder, `relative` to `SHARED`; skips the test where it is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"shared data absent: {relative} (set TIEBREAK_SHARED to the folder that holds it)")
    return path
