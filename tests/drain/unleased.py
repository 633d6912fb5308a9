"""Settings of the queue that one writes first: a lease ends the moment it begins."""

from coding_app.settings import *  # noqa: F403

LEASE_SECONDS = 0
