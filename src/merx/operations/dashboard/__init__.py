"""Fetches Medusa's published dashboard and builds it for this shop.

No part of it is distributed with Merx: there are only its version, the names and checksums of the
packages it needs (`package-lock.json`), and the bundling script (`build.mjs`).
"""
