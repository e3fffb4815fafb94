"""What the words about instruments share: where the files are, and how a fault is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from pro_app.config import ROOT
from pro_app.errors import ProAppError

F = TypeVar("F", bound=Callable[..., Any])


def questionnaires_option(command: F) -> F:
    """Adds `questionnaires_dir`, the folder of the definition files."""
    return click.option(
        "--questionnaires",
        "questionnaires_dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PRO_APP_QUESTIONNAIRES_DIR",
        default=ROOT / "questionnaires",
        help="Folder of the definition files.",
    )(command)


def data_dir_option(command: F) -> F:
    """Adds `data_dir`, the folder of the instance's data."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PRO_APP_DATA_DIR",
        default=ROOT / "instance",
        help="Folder of the instance's data.",
    )(command)


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn a fault into one sentence on standard error and exit code 1, without a traceback."""
    try:
        yield
    except ProAppError as fault:
        raise click.ClickException(str(fault)) from fault
    except UnicodeDecodeError as fault:
        raise click.ClickException(
            f"The file is not {fault.encoding} text; save it as UTF-8, or name its --encoding."
        ) from fault
    except BrokenPipeError:
        raise  # whoever read our output has seen enough: click ends quietly
    except OSError as fault:
        raise click.ClickException(f"{fault.filename or 'The file'}: {fault.strerror or fault}.") from fault
