"""Rules of the layout that no linter knows."""
