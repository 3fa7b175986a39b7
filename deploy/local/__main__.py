"""`python -m deploy.local`.

Only hands over to the commands.
"""

from deploy.local.cli import main

if __name__ == "__main__":
    main()
