"""View layouts of the dashboard's pages."""
