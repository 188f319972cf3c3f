"""`python -m tornado_ml`: the same as the command `tornado-ml`."""

from tornado_ml.cli.main import main

if __name__ == "__main__":
    main()
