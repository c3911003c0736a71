"""The Debian package of the build directory VPCD_BUILD, made once in a process."""
import atexit
import glob
import os
import shutil
import subprocess
import tempfile

BUILD = os.environ.get("VPCD_BUILD", "")


def make_package():
    directory = tempfile.mkdtemp(prefix="vpcd-package-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    done = subprocess.run(["cpack", "-G", "DEB", "-B", directory], cwd=BUILD, capture_output=True, text=True,
                          check=False)
    found = glob.glob(f"{directory}/*.deb")
    if done.returncode != 0 or len(found) != 1:
        raise RuntimeError(f"cpack made {found}\n{done.stdout}{done.stderr}")
    return found[0]
