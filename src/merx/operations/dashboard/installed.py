"""Whether the dashboard is installed; used by a process that does not load the rest of the shop."""

from pathlib import Path

PAGE = "index.html"


def is_installed(folder: Path) -> bool:
    """Whether the folder contains a complete dashboard."""
    return (folder / PAGE).is_file()
