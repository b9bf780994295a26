"""What is shown and bought: products, variants, options, images, tags, types, categories."""
