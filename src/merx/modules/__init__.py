"""The modules of a shop. They do not import each other; links/ and workflows/ join them."""
