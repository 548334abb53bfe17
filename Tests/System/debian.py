"""A Debian root file system with bash, apt and python running inside.

Made once by debootstrap, in the folder that MARTLET_DEBIAN names, or else in a temporary one."""
import atexit

from harness import *

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


def inside(context, *args):
    """Output of a program in the Debian root file system, which stays as it is."""
    def change(config):
        config["root"].update(path=str(ROOT["path"]), readonly=True)
        config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})
    name, bundle = context.bundle(*args, change=change)
    return context.must("run", "--bundle", bundle.path, name, timeout=60).text


@case("Debian: bash", needs=needs)
def bash(context):
    equal(inside(context, "bash", "-c", "a=(1 2 3); echo ${#a[@]} $BASHPID"), "3 1\n")


@case("Debian: apt", needs=needs)
def apt(context):
    matches(r"^apt \d", inside(context, "apt", "--version"))
    matches("^ii +bash|^bash", inside(context, "sh", "-c", "dpkg -l bash | tail -1; apt-cache policy bash"))


@case("Debian: python", needs=needs)
def python(context):
    equal(inside(context, "python3", "-c", "import os, sys; print(os.getpid(), sys.version_info.major)"), "1 3\n")
