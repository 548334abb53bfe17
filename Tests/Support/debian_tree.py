"""A Debian root file system, made once by debootstrap, in the folder that MARTLET_DEBIAN names, or else in a temporary
one."""
import atexit
import os
import pathlib
import shutil
import subprocess
import tempfile

PACKAGES = "bash,apt,python3-minimal"
ROOT = {}


def needs(context):
    """debootstrap, or a file system that is there already."""
    if "reason" not in ROOT:
        ROOT["reason"] = prepare()
    return ROOT["reason"]


def prepare():
    folder = os.environ.get("MARTLET_DEBIAN")
    if not folder:
        folder = tempfile.mkdtemp(prefix="martlet-debian-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made_before = (pathlib.Path(folder) / "usr/bin/python3").exists()
    ROOT["path"] = pathlib.Path(folder) if made_before else pathlib.Path(folder) / "rootfs"
    if (ROOT["path"] / "usr/bin/python3").exists():
        return None
    if not shutil.which("debootstrap"):
        return "debootstrap is not installed"
    made = subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", ROOT["path"]],
                          capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(ROOT["path"], ignore_errors=True)
        return f"debootstrap: {(made.stdout + made.stderr).strip().splitlines()[-1:]}"
    return None
