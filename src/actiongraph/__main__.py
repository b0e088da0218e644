"""`python -m actiongraph` is the command `actiongraph`."""

from actiongraph.cli import main

if __name__ == "__main__":
    main()
