"""`python -m pro_app` is `pro-app`."""

from pro_app.cli import main

main()
