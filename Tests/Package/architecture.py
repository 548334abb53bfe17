"""That nothing assumes the architecture of this machine."""
from harness import *

HEADERS = pathlib.Path("/usr/aarch64-linux-gnu/include")


def headers(context):
    return None if (HEADERS / "asm/unistd.h").exists() else "linux-libc-dev-arm64-cross is not installed"


@case("architecture: aarch64 has every system call that the sources name", needs=headers)
def system_calls(context):
    sources = [path for path in (oci.REPOSITORY / "Sources").rglob("*") if path.suffix in (".swift", ".c", ".h")]
    named = {name for path in sources for name in re.findall(r"\bSYS_([a-z0-9_]+)", path.read_text())}
    check(len(named) > 50, named)
    macros = subprocess.run(
        ["gcc", "-E", "-dM", "-nostdinc", "-U__x86_64__", "-D__aarch64__", "-D__LP64__", f"-I{HEADERS}", "-include",
         "asm/unistd.h", "-x", "c", "/dev/null"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"#define (?:__NR_|__NR3264_)([a-z0-9_]+) ", macros))
    # The kernel's names of calls that the C library calls otherwise where they exist in two sizes.
    equal(sorted(named - known), [])
