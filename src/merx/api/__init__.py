"""The HTTP edge: file path = URL path. Routes are short; what they do stands in workflows/."""
