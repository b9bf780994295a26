"""Keys that open the store API or act as an admin."""
