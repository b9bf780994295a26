"""The parts of a shop. Modules do not import each other: links/ and workflows/ join them."""
