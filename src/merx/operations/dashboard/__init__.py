"""Fetches the dashboard that is published for Medusa, and builds it for this shop.

Nothing of it is part of Merx: here are only the name of its version, the names and sums of the
packages it needs (`package-lock.json`), and how they are bundled (`build.mjs`).
"""
