from pro_app.cli.main import main

__all__ = ["main"]
