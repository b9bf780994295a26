"""The HTTP machinery: bodies, query strings, filters, answers, errors."""
