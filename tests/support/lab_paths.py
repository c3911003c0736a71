"""Where the programs under test are: named by the environment, else in the build directory of this checkout."""
import os

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build_directory():
    return os.environ.get("VPCD_BUILD") or os.path.join(CHECKOUT, "build")


def program(variable, path):
    found = os.environ.get(variable) or os.path.join(build_directory(), path)
    if not os.access(found, os.X_OK):
        raise FileNotFoundError(f"{found} is not there: build first, or set {variable}")
    return found
