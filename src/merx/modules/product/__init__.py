"""The catalogue: products, variants, options, images, tags, types, categories."""
