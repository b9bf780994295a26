"""`python -m merx` is `merx`."""

from merx.cli import main

if __name__ == "__main__":
    main()
