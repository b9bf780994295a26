"""Runs openapi-python-client in less than half the time, with the same output.

It deep-copies an operation with all its schemas before it sorts three parameters.
"""

from copy import copy

from openapi_python_client.cli import app
from openapi_python_client.parser import openapi

if __name__ == "__main__":
    openapi.deepcopy = copy
    app()
