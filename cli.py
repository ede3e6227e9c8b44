"""Run the command line from a checkout, without installing: `python cli.py run --space quickstart.yaml`."""

from hpo.cli import main

if __name__ == "__main__":
    main()
