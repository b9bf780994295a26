"""The modules loaded by the process from which others are forked."""

import gc
from importlib import import_module

from tests.passwords import use_cheap_hashes

# It stays in all of them. A collection would look at it, and so copy its pages, in each.
gc.disable()
for name in ("merx.app", "merx.cli", "merx.cli.serve", "merx.cli.demo"):
    import_module(name)
use_cheap_hashes()
gc.freeze()
gc.enable()
