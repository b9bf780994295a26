"""From the text of a request to finished JSON in one statement: selection → conditions → graph →
plan → columns → sql → run. Everything but `run` is pure.
"""
