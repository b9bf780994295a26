"""The parts of a shop. Modules do not import each other: links.py and workflows/ join them."""
