"""What older releases of the libraries do otherwise."""

import inspect
import sys
from importlib.metadata import version

from typer.testing import CliRunner

#: Before 1.0 confection sorts the sections of a config by their names, and takes 0.5 where a whole number belongs.
OLD_CONFECTION = int(version("confection").split(".")[0]) < 1
#: Before Python 3.11 tables take no NUL.
TABLES_TAKE_NUL = sys.version_info >= (3, 11)


def make_runner() -> CliRunner:
    """Run commands so that what they write to the two streams can be told apart."""
    # Before 8.2 click does so only if it is asked to.
    if "mix_stderr" in inspect.signature(CliRunner).parameters:
        return CliRunner(mix_stderr=False)  # type: ignore[call-arg,unused-ignore]
    return CliRunner()
