"""Whether the dashboard is there; asked by a process that loads nothing else of the shop."""

from pathlib import Path

PAGE = "index.html"


def is_installed(folder: Path) -> bool:
    """Whether a whole dashboard lies there."""
    return (folder / PAGE).is_file()
