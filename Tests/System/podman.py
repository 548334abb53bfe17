"""The binary under Podman, with storage of its own. Needs podman and conmon."""
import pty
import select
import time

from harness import *

LIMITS = ("--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
NEEDS = tool("podman")
STORE = {}


def podman(context, *arguments, code=0, timeout=60):
    """One podman command; its exit code is checked."""
    result = oci.bounded(command(context, *arguments), timeout)
    check(code is None or result.code == code, f"{arguments[:2]}: exit {result.code}: {result.message}")
    return result


def command(context, *arguments):
    folder = context.folder
    return ["podman", "--root", f"{folder}/store", "--runroot", f"{folder}/podman", "--tmpdir", f"{folder}/libpod",
            "--storage-driver", "vfs", "--events-backend=file", "--cgroup-manager=cgroupfs",
            "--runtime", context.runtime.path, *map(str, arguments)]


def image(context):
    """An image made from the busybox root file system; the runtime gets no registry's."""
    if context not in STORE:
        archive = context.folder / "image.tar"
        subprocess.run(["tar", "-C", context.rootfs, "-cf", archive, "."], check=True)
        podman(context, "import", "--quiet", archive, "localhost/busybox")
        STORE[context] = "localhost/busybox"
    return STORE[context]


def background(context, *program):
    """A running container's name."""
    context.number += 1
    name = f"p{context.number}"
    podman(context, "run", "--detach", "--name", name, *LIMITS, image(context), *(program or ("sleep", "1000")))
    return name


def remove(context, name):
    podman(context, "rm", "--force", "--time", "0", name)


RUNS = [("output", (), "echo hello", "^hello$", 0), ("the exit code", (), "exit 7", "", 7),
        ("a user", ("--user", "1000:1000"), "id -u", "^1000$", 0),
        ("a variable", ("--env", "A=b"), "echo $A", "^b$", 0),
        ("a host name", ("--hostname", "here"), "hostname", "^here$", 0),
        ("a memory limit", ("--memory", "64m"), "echo on", "^on$", 0),
        ("a read-only root", ("--read-only",), "touch /x 2>&1; true", "Read-only", 0),
        ("a volume", ("--volume", "/usr/share:/data:ro"), "ls -d /data/doc", "^/data/doc$", 0),
        ("a tmpfs", ("--tmpfs", "/t"), "grep ' /t ' /proc/mounts", "tmpfs", 0),
        ("an added capability", ("--cap-add", "NET_ADMIN"), "grep CapEff /proc/self/status", "CapEff", 0),
        ("--privileged", ("--privileged",), "ls /dev/null", "null", 0),
        ("its seccomp profile", (), "grep Seccomp: /proc/self/status", r"Seccomp:\s+2", 0),
        ("--init's absence: pid 1", (), "echo $$", "^1$", 0)]


@cases(RUNS, "podman run: {}", needs=NEEDS)
def run(context, options, script, pattern, code):
    result = podman(context, "run", "--rm", *LIMITS, *options, image(context), "sh", "-c", script, code=code)
    matches(pattern, result.text)


FAILED = [("a command that does not exist", "/no/such/command", 127), ("a folder", "/etc", 126)]


@cases(FAILED, "podman run of {} has the field's exit code", needs=NEEDS)
def failed(context, program, code):
    check(podman(context, "run", "--rm", *LIMITS, image(context), program, code=code).message, "no message")


@case("podman exec, top, logs, ps and inspect", needs=NEEDS)
def look(context):
    name = background(context, "sh", "-c", "echo logged; sleep 1000")
    equal(podman(context, "exec", name, "hostname").code, 0)
    equal(podman(context, "exec", name, "sh", "-c", "exit 5", code=5).code, 5)
    matches("sleep", podman(context, "top", name).text)
    matches("^logged", podman(context, "logs", name).text)
    matches(name, podman(context, "ps").text)
    state = json.loads(podman(context, "inspect", name).text)[0]
    check(state["State"]["Running"] and context.runtime.path in state["OCIRuntime"], state["OCIRuntime"])
    remove(context, name)


@case("podman pause and unpause", needs=NEEDS)
def pause(context):
    name = background(context)
    podman(context, "pause", name)
    matches("paused|Paused", podman(context, "ps", "--all").text)
    podman(context, "unpause", name)
    matches("Up", podman(context, "ps").text)
    remove(context, name)


@case("podman kill, wait, start again, stop and rm", needs=NEEDS)
def stop(context):
    name = background(context, "sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.1; done")
    time.sleep(0.3)
    podman(context, "stop", "--time", "5", name)
    equal(podman(context, "wait", name).text.strip(), "4")
    podman(context, "start", name)
    podman(context, "kill", "--signal", "KILL", name)
    equal(podman(context, "wait", name).text.strip(), "137")
    remove(context, name)
    check(name not in podman(context, "ps", "--all").text, "it is still listed")


def typed(context, arguments, line, wanted):
    """Runs podman on a terminal, types a line, and returns what is seen until `wanted`."""
    argv = command(context, *arguments)
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    oci.RUNNING.add(pid)
    seen, end, sent = b"", time.monotonic() + 20, False
    while wanted not in seen and time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            try:
                seen += os.read(master, 4096)
            except OSError:
                break
        if not sent and b"#" in seen:
            os.write(master, line)
            sent = True
    os.write(master, b"exit\r")
    os.waitpid(pid, 0)
    os.close(master)
    oci.RUNNING.discard(pid)
    return seen


@case("podman run -it", needs=NEEDS)
def interactive(context):
    arguments = ("run", "--rm", "-it", *LIMITS, image(context), "sh")
    seen = typed(context, arguments, b"tty; echo $((40+2))\r", b"42")
    check(b"42" in seen and b"/dev/pts/0" in seen, seen)


@case("podman exec -it", needs=NEEDS)
def interactive_exec(context):
    name = background(context)
    seen = typed(context, ("exec", "-it", name, "sh"), b"echo $((40+2))\r", b"42")
    remove(context, name)
    check(b"42" in seen, seen)
