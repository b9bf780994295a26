"""The HTTP edge: file path = URL path.

Routes are short; the work is done in workflows/ and modules/.
"""
