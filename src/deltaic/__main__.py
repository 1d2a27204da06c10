"""`python -m deltaic` is the command `deltaic`."""

from deltaic.cli import main

if __name__ == "__main__":
    main(prog_name="deltaic")
