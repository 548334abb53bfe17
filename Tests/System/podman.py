"""The binary under Podman, with storage of its own. Needs podman and conmon."""
import contextlib
import pty
import select
import time

from harness import *

LIMITS = ("--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
NEEDS = tool("podman")
STORE = {}
SETTINGS = []  # further lines of containers.conf, under [engine]
PARENT = "/libpod_parent"  # where Podman makes its cgroups, other than by the systemd driver


def podman(context, *arguments, code=0, timeout=60):
    """One podman command; its exit code is checked."""
    # conmon tells of a want of memory by a file in its working directory.
    result = oci.bounded(command(context, *arguments), timeout, cwd=context.folder, env=environment(context))
    check(code is None or result.code == code, f"{arguments[:2]}: exit {result.code}: {result.message}")
    return result


def command(context, *arguments):
    folder = context.folder
    return ["podman", "--root", f"{folder}/store", "--runroot", f"{folder}/podman", "--tmpdir", f"{folder}/libpod",
            "--storage-driver", "vfs", "--events-backend=file", f"--cgroup-manager={oci.DRIVER}",
            "--runtime", context.runtime.path, *map(str, arguments)]


def environment(context):
    """Podman's own settings: what it may expect of the runtime, and limits that may be set without
    CAP_SYS_RESOURCE, for containers that Podman makes by itself."""
    file = context.folder / "containers.conf"
    names = json.dumps([context.runtime.name, context.runtime.path])  # --runtime takes either
    file.write_text(f"""[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime_supports_json = {names}
runtime_supports_nocgroup = {names}
""" + "".join(f"{line}\n" for line in SETTINGS))
    return {**os.environ, "CONTAINERS_CONF": str(file)}


def image(context):
    """An image made from the busybox root file system; the runtime gets no registry's."""
    if context not in STORE:
        if not oci.cgroups(PARENT):
            context.ends.append(remove_parent)
        archive = context.folder / "image.tar"
        subprocess.run(["tar", "-C", context.rootfs, "-cf", archive, "."], check=True)
        podman(context, "import", "--quiet", archive, "localhost/busybox")
        STORE[context] = "localhost/busybox"
    return STORE[context]


def remove_parent():
    """Removes what Podman leaves of its cgroups, where they are empty."""
    for place in oci.cgroups(PARENT):
        for folder, _, _ in os.walk(place, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def background(context, *program, options=()):
    """A running container's name."""
    context.number += 1
    name = f"p{context.number}"
    podman(context, "run", "--detach", "--name", name, *LIMITS, *options, image(context),
           *(program or ("sleep", "1000")))
    return name


def remove(context, name):
    podman(context, "rm", "--force", "--time", "0", name)


@case("podman run: no cgroups", needs=NEEDS)
def no_cgroups(context):
    inside = podman(context, "run", "--rm", "--cgroups=disabled", "--cgroupns=host", *LIMITS, image(context), "cat",
                    "/proc/self/cgroup")
    equal(inside.text, pathlib.Path("/proc/self/cgroup").read_text())
    name = background(context, options=("--cgroups=disabled",))
    equal(podman(context, "exec", name, "echo", "inside").text, "inside\n")
    podman(context, "stop", "--time", "1", name)
    matches("^Exited|^exited", podman(context, "inspect", name, "--format", "{{.State.Status}}").text)
    podman(context, "start", name)
    remove(context, name)


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
        ("--init's absence: pid 1", (), "echo $$", "^1$", 0),
        ("no seccomp profile", ("--security-opt", "seccomp=unconfined"), "grep Seccomp: /proc/self/status",
         r"Seccomp:\s+0", 0),
        ("no capabilities", ("--cap-drop", "all"), "grep Cap /proc/self/status", r"CapBnd:\s0{16}", 0),
        ("one capability of another user", ("--cap-drop", "all", "--cap-add", "chown", "--user", "5"),
         "grep CapEff /proc/self/status", r"CapEff:\s0{15}1", 0),
        ("no new privileges", ("--security-opt", "no-new-privileges"), "grep NoNewPrivs /proc/self/status",
         r"NoNewPrivs:\s1", 0),
        ("a masked path", ("--security-opt", "mask=/etc"), "ls /etc | wc -l", "^0$", 0),
        ("--pid=host", ("--pid=host",), "readlink /proc/self/ns/pid", "^" + re.escape(os.readlink("/proc/self/ns/pid")), 0),
        ("--ipc=host", ("--ipc=host",), "readlink /proc/self/ns/ipc", "^" + re.escape(os.readlink("/proc/self/ns/ipc")), 0),
        ("--uts=host", ("--uts=host",), "readlink /proc/self/ns/uts", "^" + re.escape(os.readlink("/proc/self/ns/uts")), 0),
        ("--cgroupns=private", ("--cgroupns=private",), "cat /proc/self/cgroup", r"\A(\d+:[^:]*:/\n)+\Z", 0),
        ("a user namespace", ("--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"),
         "cat /proc/self/uid_map; id -u; touch /x && ls -ln /x", r"^ *0 +100000 +65536\n0\n-rw-r--r-- +1 0 +0", 0),
        ("a user namespace and a read-only root", ("--uidmap", "0:100000:65536", "--read-only"),
         "touch /x; touch /tmp/x && echo on", "^on$", 0),
        ("a device", ("--device", "/dev/null:/dev/mine:rw"), "ls -l /dev/mine", "^crw.* 1, +3", 0),
        ("a sysctl", ("--sysctl", "net.ipv4.ip_forward=1"), "cat /proc/sys/net/ipv4/ip_forward", "^1$", 0),
        ("more groups", ("--group-add", "55", "--group-add", "66"), "id -G", "^0 55 66$", 0),
        ("a umask", ("--umask", "0077"), "umask", "^0077$", 0),
        ("a working directory", ("--workdir", "/tmp"), "pwd", "^/tmp$", 0),
        ("a small /dev/shm", ("--shm-size", "1m"), "grep ' /dev/shm ' /proc/mounts", "size=1024k", 0),
        ("a tmpfs with the image's content", ("--mount", "type=tmpfs,dst=/etc,tmpcopyup"), "cat /etc/group", "^user:", 0),
        ("a shared volume", ("--volume", "/usr/share:/data:rshared,nosuid,nodev,noexec"),
         "grep ' /data ' /proc/self/mountinfo", "rw,nosuid,nodev,noexec.* shared:", 0),
        ("limits", ("--memory", "64m", "--memory-swap", "128m", "--memory-reservation", "32m", "--cpus", "0.5",
                    "--cpu-shares", "200", "--cpuset-cpus", "0", "--pids-limit", "50"), "echo on", "^on$", 0),
        ("a systemd container's mounts", ("--systemd=always",), "grep -c tmpfs /proc/mounts", r"^\d+$", 0),
        ("an OOM score", ("--oom-score-adj", "100"), "cat /proc/self/oom_score_adj", "^100$", 0),
        ("a signal's exit code", (), "sh -c 'kill -9 $$'; exit $?", "", 137)]


@cases(RUNS, "podman run: {}", needs=NEEDS)
def run(context, options, script, pattern, code):
    result = podman(context, "run", "--rm", *LIMITS, *options, image(context), "sh", "-c", script, code=code)
    matches(pattern, result.text)


FAILED = [("a command that does not exist", "/no/such/command", 127, "no such file or directory"),
          ("a command that is nowhere in PATH", "no-such-command", 127, r"executable file not found in \$PATH"),
          ("a folder", "/etc", 126, "permission denied"), ("a file without permission", "/etc/passwd", 126,
                                                           "permission denied")]


@cases(FAILED, "podman run of {} has the field's exit code", needs=NEEDS)
def failed(context, program, code, text):
    matches(text, podman(context, "run", "--rm", *LIMITS, image(context), program, code=code).message)


@cases(FAILED, "podman exec of {} has the field's exit code", needs=NEEDS)
def failed_exec(context, program, code, text):
    name = background(context)
    matches(text, podman(context, "exec", name, program, code=code).message)
    remove(context, name)


TOO_MANY = int(pathlib.Path("/proc/sys/fs/nr_open").read_text()) + 1
REFUSED = [("an unknown flag", ("--no-such-flag",), 125), ("a working directory that is a file", ("--workdir", "/etc/passwd"),
                                                             126),
           ("a memory limit below what starts", ("--memory", "1"), 126),
           ("a limit above the kernel's", ("--ulimit", f"nofile={TOO_MANY}:{TOO_MANY}"), 126)]


@cases(REFUSED, "podman run with {} fails with the field's exit code", needs=NEEDS)
def refused(context, options, code):
    check(podman(context, "run", "--rm", *LIMITS, *options, image(context), "true", code=code).message, "no message")


EXECS = [("a user", ("--user", "1000:1000"), "id -u; id -g", "^1000\n1000$"), ("a variable", ("--env", "A=b"), "echo $A", "^b$"),
         ("a working directory", ("--workdir", "/etc"), "pwd", "^/etc$"),
         ("all privileges", ("--privileged",), "grep CapBnd /proc/self/status", r"CapBnd:\s0+1"),
         ("the container's seccomp profile", (), "grep Seccomp: /proc/self/status", r"Seccomp:\s2"),
         ("the container's capabilities", (), "grep CapBnd /proc/self/status", r"CapBnd:\s0{8}[0-9a-f]*[1-9a-f]")]


@cases(EXECS, "podman exec: {}", needs=NEEDS)
def execute(context, options, script, pattern):
    name = background(context)
    matches(pattern, podman(context, "exec", *options, name, "sh", "-c", script).text)
    remove(context, name)


@case("podman exec into a user namespace", needs=NEEDS)
def exec_mapped(context):
    name = background(context, options=("--uidmap", "0:100000:65536"))
    matches(r"^0\n *0 +100000 +65536", podman(context, "exec", name, "sh", "-c", "id -u; cat /proc/self/uid_map").text)
    again = podman(context, "run", "--rm", *LIMITS, "--userns", f"container:{name}", image(context), "cat",
                   "/proc/self/uid_map")
    matches(r"^ *0 +100000 +65536", again.text)
    remove(context, name)


def program(context, name, source):
    """A static program made from C."""
    made = context.folder / name
    if not made.exists():
        text = context.folder / f"{name}.c"
        text.write_text(source)
        subprocess.run(["gcc", "-static", "-O1", "-o", made, text], check=True)
    return made


PAUSE = "#include <unistd.h>\nint main(void) { for (;;) pause(); }\n"
INIT = """#include <sys/wait.h>
#include <unistd.h>
#include <string.h>
int main(int count, char **words) {
  int at = 1;
  while (at < count && strcmp(words[at], "--")) at++;
  pid_t child = fork();
  if (!child) { execvp(words[at + 1], words + at + 1); _exit(127); }
  int status = 0;
  while (wait(&status) != child) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
"""


def needs_compiler(context):
    return NEEDS(context) or tool("gcc")(context)


@case("podman run --init", needs=needs_compiler)
def init(context):
    helper = program(context, "tiny-init", INIT)
    result = podman(context, "run", "--rm", *LIMITS, "--init", "--init-path", helper, image(context), "sh", "-c",
                    "echo $$ $PPID; exit 6", code=6)
    matches(r"^[2-9]\d* 1$", result.text)


@case("podman pod: containers share namespaces", needs=needs_compiler)
def pod(context):
    folder = context.folder / "pause-root"
    folder.mkdir(exist_ok=True)
    shutil.copy(program(context, "pause", PAUSE), folder / "pause")
    archive = context.folder / "pause.tar"
    subprocess.run(["tar", "-C", folder, "-cf", archive, "."], check=True)
    podman(context, "import", "--quiet", archive, "localhost/pause")
    podman(context, "pod", "create", "--name", "pod", "--infra-image", "localhost/pause", "--infra-command", "/pause",
           "--network", "none", "--share", "net,ipc,uts,pid")
    try:
        podman(context, "run", "--detach", "--pod", "pod", "--name", "in-pod", image(context), "sleep", "1000")
        show = "for n in net ipc uts pid; do readlink /proc/self/ns/$n; done"
        one = podman(context, "exec", "in-pod", "sh", "-c", show).text
        two = podman(context, "run", "--rm", "--pod", "pod", image(context), "sh", "-c", show + "; ps").text
        equal(two.splitlines()[:4], one.splitlines())
        check("/pause" in two and "sleep 1000" in two, two)
        podman(context, "pod", "pause", "pod")
        podman(context, "pod", "unpause", "pod")
        podman(context, "pod", "stop", "--time", "0", "pod")
        podman(context, "pod", "start", "pod")
        equal(podman(context, "exec", "in-pod", "echo", "on").text, "on\n")
    finally:
        podman(context, "pod", "rm", "--force", "--time", "0", "pod")


@case("podman containers that join another's namespaces", needs=NEEDS)
def join(context):
    name = background(context)
    limits = LIMITS[1:]
    text = podman(context, "run", "--rm", *limits, "--network", f"container:{name}", "--pid", f"container:{name}", "--ipc",
                  f"container:{name}", image(context), "ps").text
    matches("sleep 1000", text)
    remove(context, name)


@case("podman healthcheck run", needs=NEEDS)
def healthcheck(context):
    for probe, code in (("true", 0), ("false", 1)):
        name = background(context, options=("--health-cmd", probe, "--health-interval", "disable"))
        podman(context, "healthcheck", "run", name, code=code)
        remove(context, name)


@case("podman init, start --attach, restart and rename", needs=NEEDS)
def steps(context):
    podman(context, "create", "--name", "stepped", *LIMITS, image(context), "sh", "-c", "echo on; exit 3")
    podman(context, "init", "stepped")
    matches("Initialized", podman(context, "ps", "--all").text)
    equal(podman(context, "start", "--attach", "stepped", code=3).text, "on\n")
    podman(context, "restart", "--time", "0", "stepped")
    equal(podman(context, "wait", "stepped").text.strip(), "3")
    state = json.loads(podman(context, "inspect", "stepped").text)[0]["State"]
    equal((state["Status"], state["ExitCode"]), ("exited", 3))
    remove(context, "stepped")


@case("podman logs, cp, commit and diff of a running container", needs=NEEDS)
def around(context):
    name = background(context, "sh", "-c", "echo out; echo err >&2; touch /new; sleep 1000")
    check(oci.wait_until(lambda: "err" in podman(context, "logs", name).message), "no standard error in the log")
    equal(podman(context, "logs", name).text, "out\n")
    podman(context, "cp", f"{name}:/etc/passwd", context.folder / "copied")
    equal((context.folder / "copied").read_text(), (context.rootfs / "etc/passwd").read_text())
    matches("A /new", podman(context, "diff", name).text)
    remove(context, name)


@case("podman stop of a process that ignores the signal, by SIGKILL", needs=NEEDS)
def stubborn(context):
    name = background(context)
    podman(context, "stop", "--time", "1", name)
    equal(podman(context, "wait", name).text.strip(), "137")
    remove(context, name)


@case("podman kill with another signal, by name and number", needs=NEEDS)
def signals(context):
    for number, signal in enumerate(("USR1", "10", "SIGUSR1")):
        name = background(context, "sh", "-c", "trap 'exit 5' USR1; echo set; while :; do sleep 0.05; done")
        check(oci.wait_until(lambda: "set" in podman(context, "logs", name).text), "no trap")
        podman(context, "kill", "--signal", signal, name)
        equal(podman(context, "wait", name).text.strip(), "5")
        remove(context, name)


@case("podman top with descriptors and with ps's own options", needs=NEEDS)
def top(context):
    name = background(context)
    matches(r"^PID +USER", podman(context, "top", name, "pid", "user", "comm", "capeff", "seccomp").text)
    matches("sleep", podman(context, "top", name, "-o", "pid,comm").text)
    remove(context, name)


@case("podman rm --force leaves no cgroup, mount or state", needs=NEEDS)
def leftovers(context):
    before = oci.mount_table()
    name = background(context)
    full = json.loads(podman(context, "inspect", name).text)[0]["Id"]
    remove(context, name)
    found = [place for place in oci.cgroups(PARENT, below=True) if full in place.name and "conmon" not in place.name]
    equal(found, [])
    equal([line for line in oci.mount_table() - before if full in line], [])
    check(not list(pathlib.Path("/run").glob(f"*/{full}")), "state is left")


@case("podman build runs its steps", needs=NEEDS)
def build(context):
    image(context)
    file = context.folder / "Containerfile"
    file.write_text("FROM localhost/busybox\nRUN echo built > /built\nCMD [\"cat\", \"/built\"]\n")
    podman(context, "build", "--quiet", "--network", "none", "--runtime", context.runtime.path, "--tag", "localhost/built",
           "--file", file, context.rootfs)
    equal(podman(context, "run", "--rm", *LIMITS, "localhost/built").text, "built\n")


@case("the second run with Podman's profile reads the filter that the first one kept", needs=lambda context: NEEDS(
    context) or martlet_only(context))
def kept_filter(context):
    podman(context, "run", "--rm", *LIMITS, image(context), "true")
    folder = pathlib.Path("/run/martlet/@seccomp")
    kept = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    check(kept and folder.stat().st_mode & 0o777 == 0o700, kept)
    podman(context, "run", "--rm", *LIMITS, image(context), "true")
    equal({file.name: file.stat().st_mtime_ns for file in folder.iterdir()}, kept)


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
        os.execvpe(argv[0], argv, environment(context))
    oci.RUNNING.add(pid)
    seen, end, sent = b"", time.monotonic() + 20 * oci.PATIENCE, False
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
