"""Mutation tests: mistakes are put into the code one at a time; which does the suite notice?"""
