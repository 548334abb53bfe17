"""containerd with ctr: its shim runc v2 calls the runtime, as BinaryName."""
import contextlib

import daemon
import images
from harness import *

NEEDS = daemon.needs("containerd", "ctr", "containerd-shim-runc-v2")
SAMPLE = ["ctr run: output", "ctr run of a command that does not exist tells the runtime's error", "ctr run --tty",
          "ctr tasks exec: the exit code", "ctr tasks pause and resume", "ctr tasks kill and rm", "ctr tasks metrics",
          "ctr events"]
IMAGE = "localhost/busybox:latest"
CONFIGURATION = """version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{folder}/socket"
[ttrpc]
  address = "{folder}/socket.ttrpc"
"""


def ctr(context, *arguments, code=0, timeout=60, stdin=subprocess.DEVNULL):
    """One command of ctr; its exit code is checked."""
    daemon.once(context, start)
    result = oci.bounded(command(context, *arguments), timeout, stdin=stdin)
    check(code is None or result.code == code, f"{arguments[:3]}: exit {result.code}: {result.message}")
    return result


def command(context, *arguments):
    return ["ctr", "--address", f"{context.folder}/containerd/socket", "--namespace", "tests", *map(str, arguments)]


def start(context):
    """A daemon with folders and a socket of its own, and an image made from busybox."""
    folder = context.folder / "containerd"
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIGURATION.format(folder=folder))
    engine = daemon.Daemon(context, "containerd", ["containerd", "--config", folder / "config.toml"])
    asked = lambda *words: oci.bounded(command(context, *words), 30)
    engine.await_answer(lambda: asked("version").code == 0)
    archive = images.save(folder / "image.tar", IMAGE, context.rootfs, Env=["PATH=/bin"], Cmd=["sh"])
    made = asked("images", "import", "--snapshotter", "native", archive)
    check(made.code == 0, made.message)
    return engine


def heard(attempt):
    """A result with output. ctr itself loses what a program prints that ends before ctr has opened its pipes: so it is
    run again until something is heard."""
    for _ in range(8):
        result = attempt()
        if result.text:
            break
    return result


def streams(context):
    return ("--fifo-dir", context.folder / "containerd/fifo")


def running(context, name, *options):
    """The words of a run of a container with the runtime, whose cgroup is its own."""
    return ("run", *streams(context), "--snapshotter", "native", "--runc-binary", context.runtime.path, "--runc-root",
            context.folder / "containerd/runtime", "--cgroup", f"{context.parent}/ctr/{name}", *options, IMAGE, name)


def fresh(context):
    context.number += 1
    return f"ctr-{context.number}"


def run(context, *words, options=(), code=0, stdin=subprocess.DEVNULL):
    name = fresh(context)
    result = ctr(context, *running(context, name, "--rm", *options), *words, code=code, stdin=stdin)
    check(name not in ctr(context, "containers", "ls", "--quiet").text.split(), "the container is left")
    return result


@contextlib.contextmanager
def background(context, *program, options=()):
    """A running task's name."""
    name = fresh(context)
    try:
        ctr(context, *running(context, name, "--detach", *options), *(program or ("sleep", "1000")))
        yield name
    finally:
        ctr(context, "tasks", "rm", "--force", name, code=None)
        ctr(context, "containers", "rm", name, code=None)


def status(context, name):
    rows = [line.split() for line in ctr(context, "tasks", "ls").text.splitlines()]
    return next((row[2] for row in rows if row and row[0] == name), None)


def await_status(context, name, wanted):
    check(oci.wait_until(lambda: status(context, name) == wanted, 30), f"it is {status(context, name)}, not {wanted}")


def execute(context, name, *words, options=(), code=0, stdin=subprocess.DEVNULL):
    return ctr(context, "tasks", "exec", *streams(context), "--exec-id", fresh(context), *options, name, *words, code=code,
               stdin=stdin)


RUNS = [("output", (), "echo hello", "^hello$", 0), ("the exit code", (), "exit 7", "", 7),
        ("a variable", ("--env", "A=b"), "echo $A", "^b$", 0), ("a working directory", ("--cwd", "/tmp"), "pwd", "^/tmp$", 0),
        ("a read-only root", ("--read-only",), "touch /x 2>&1; true", "Read-only", 0),
        ("a mount", ("--mount", "type=bind,src=/usr/share,dst=/data,options=rbind:ro"), "touch /data/x 2>&1; true", "Read-only", 0),
        ("a memory limit", ("--memory-limit", str(64 << 20)), "echo on", "^on$", 0),
        ("limits of the CPU", ("--cpus", "0.5", "--cpu-shares", "200"), "echo on", "^on$", 0),
        ("the seccomp profile", ("--seccomp",), "grep Seccomp: /proc/self/status", r"Seccomp:\s+2", 0),
        ("an added capability", ("--cap-add", "CAP_SYS_ADMIN"), "grep CapEff /proc/self/status", r"CapEff:\s\w+", 0),
        ("a dropped capability", ("--cap-drop", "CAP_CHOWN"), "touch /tmp/x; chown 5 /tmp/x 2>&1; true", "not permitted", 0),
        ("new privileges allowed", ("--allow-new-privs",), "grep NoNewPrivs /proc/self/status", r"\s0$", 0),
        ("a device", ("--device", "/dev/zero"), "head -c 3 /dev/zero | wc -c", "^3$", 0),
        ("an annotation", ("--annotation", "org.example.key=value"), "echo on", "^on$", 0),
        ("a user namespace", ("--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"), "cat /proc/self/uid_map",
         r"^ *0 +100000 +65536$", 0),
        ("no pivot_root", ("--no-pivot",), "echo on", "^on$", 0),
        ("a process that a signal ends", (), "sh -c 'kill -TERM $$'; exit $?", "", 143)]


@cases(RUNS, "ctr run: {}", needs=NEEDS)
def runs(context, options, script, pattern, code):
    attempt = lambda: run(context, "sh", "-c", script, options=options, code=code)
    matches(pattern, (heard(attempt) if pattern else attempt()).text)


@case("ctr run: standard input", needs=NEEDS)
def typed(context):
    with tempfile.TemporaryFile() as given:
        given.write(b"typed\n")
        given.seek(0)
        equal(run(context, "sh", "-c", "read line; echo got $line", stdin=given).text, "got typed\n")


@case("ctr run with a namespace of another task", needs=NEEDS)
def join(context):
    with background(context) as name:
        inside = heard(lambda: execute(context, name, "readlink", "/proc/self/ns/ipc")).text
        host = [line.split() for line in ctr(context, "tasks", "ls").text.splitlines()]
        outer = next(row[1] for row in host if row[0] == name)
        joining = ("--with-ns", f"ipc:/proc/{outer}/ns/ipc")
        equal(heard(lambda: run(context, "readlink", "/proc/self/ns/ipc", options=joining)).text, inside)


@case("ctr run --tty", needs=NEEDS)
def terminal(context):
    daemon.once(context, start)
    with Terminal(command(context, *running(context, fresh(context), "--rm", "--tty"), "sh")) as shell:
        shell.read("# ", seconds=60)
        shell.say("tty; echo $((40+2))", "\n42")
        check(b"/dev/pts/0" in shell.seen, shell.seen)
        shell.say("exit 3", "")
        equal(shell.end(60), 3)


@case("ctr tasks exec --tty", needs=NEEDS)
def exec_terminal(context):
    with background(context) as name:
        words = ("tasks", "exec", *streams(context), "--tty", "--exec-id", fresh(context), name, "sh")
        with Terminal(command(context, *words)) as shell:
            shell.read("# ", seconds=60)
            shell.say("echo $((40+2))", "\n42")
            shell.say("exit 4", "")
            equal(shell.end(60), 4)


FAILED = [("a command that does not exist", "/no/such/command", "no such file or directory"),
          ("a command that is nowhere in PATH", "no-such-command", r"executable file not found in \$PATH"),
          ("a folder", "/etc", "permission denied|is a directory"), ("a file without permission", "/etc/passwd",
                                                                     "permission denied")]


@cases(FAILED, "ctr run of {} tells the runtime's error", needs=NEEDS)
def failed(context, program, text):
    matches("OCI runtime create failed: .*(" + text + ")", run(context, program, code=1).message)


@cases(FAILED, "ctr tasks exec of {} tells the runtime's error", needs=NEEDS)
def failed_exec(context, program, text):
    with background(context) as name:
        matches("OCI runtime exec failed: .*(" + text + ")", execute(context, name, program, code=1).message)


EXECS = [("the exit code", (), "exit 5", "", 5), ("output", (), "echo in", "^in$", 0),
         ("a working directory", ("--cwd", "/etc"), "pwd", "^/etc$", 0),
         ("a user", ("--user", "1000:1000"), "id -u", "^1000$", 0), ("a process that a signal ends", (), "kill -9 $$", "", 137)]


@cases(EXECS, "ctr tasks exec: {}", needs=NEEDS)
def execs(context, options, script, pattern, code):
    with background(context) as name:
        attempt = lambda: execute(context, name, "sh", "-c", script, options=options, code=code)
        matches(pattern, (heard(attempt) if pattern else attempt()).text)


@case("ctr tasks pause and resume", needs=NEEDS)
def pause(context):
    with background(context) as name:
        ctr(context, "tasks", "pause", name)
        await_status(context, name, "PAUSED")
        ctr(context, "tasks", "resume", name)
        await_status(context, name, "RUNNING")
        execute(context, name, "true")


@case("ctr tasks kill and rm", needs=NEEDS)
def kill(context):
    with background(context) as name:
        matches("must be stopped|not stopped", ctr(context, "tasks", "rm", name, code=1).message)
        ctr(context, "tasks", "kill", "--signal", "SIGKILL", name)
        await_status(context, name, "STOPPED")
        matches("process already finished|not found", ctr(context, "tasks", "kill", name, code=1).message)
        matches("exit code 137", ctr(context, "tasks", "rm", name).message)
        equal(status(context, name), None)


@case("ctr tasks kill --all ends all processes", needs=NEEDS)
def kill_all(context):
    with background(context, "sh", "-c", "sleep 1000 & sleep 1000") as name:
        ctr(context, "tasks", "kill", "--all", "--signal", "SIGKILL", name)
        await_status(context, name, "STOPPED")


@case("ctr tasks kill with another signal", needs=NEEDS)
def signals(context):
    with background(context, "sh", "-c", "trap 'exit 6' USR1; touch /set; while :; do sleep 0.05; done") as name:
        is_set = lambda: execute(context, name, "ls", "/set", code=None).code == 0
        check(oci.wait_until(is_set, 30), "no trap")
        ctr(context, "tasks", "kill", "--signal", "SIGUSR1", name)
        await_status(context, name, "STOPPED")
        matches("exit code 6", ctr(context, "tasks", "rm", name).message)


@case("ctr tasks kill of an exec alone", needs=NEEDS)
def kill_exec(context):
    with background(context) as name:
        ctr(context, "tasks", "exec", *streams(context), "--detach", "--exec-id", "other", name, "sleep", "1000")
        ctr(context, "tasks", "kill", "--exec-id", "other", "--signal", "SIGKILL", name)
        sleeping = lambda: execute(context, name, "ps").text.count("sleep 1000")
        check(oci.wait_until(lambda: sleeping() == 1, 30), f"{sleeping()} processes sleep")


@case("ctr tasks ps", needs=NEEDS)
def processes(context):
    with background(context, "sh", "-c", "sleep 1000 & sleep 1000") as name:
        rows = lambda: len(ctr(context, "tasks", "ps", name).text.splitlines()) - 1
        check(oci.wait_until(lambda: rows() == 2, 30), f"{rows()} processes")


@case("ctr tasks metrics", needs=NEEDS)
def metrics(context):
    with background(context, options=("--memory-limit", str(64 << 20))) as name:
        found = json.loads(ctr(context, "tasks", "metrics", "--format", "json", name).text)
        equal((found["pids"]["current"], int(found["memory"]["usage"]["limit"])), (1, 64 << 20))


@case("ctr tasks ls and containers info", needs=NEEDS)
def look(context):
    with background(context) as name:
        equal(status(context, name), "RUNNING")
        info = json.loads(ctr(context, "containers", "info", name).text)
        equal(info["Spec"]["linux"]["cgroupsPath"], f"{context.parent}/ctr/{name}")


def stream(context):
    """Follows the events; the process and its file."""
    file = open(context.folder / "containerd/events", "w+b")
    following = subprocess.Popen(command(context, "events"), stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    oci.RUNNING.add(following.pid)
    return following, file


@case("ctr events", needs=NEEDS)
def events(context):
    daemon.once(context, start)
    following, file = stream(context)
    text = lambda: pathlib.Path(file.name).read_text(errors="replace")
    try:
        # It tells not when it listens: containers are run until one is seen whole.
        for _ in range(20):
            run(context, "true")
            if oci.wait_until(lambda: "/tasks/delete" in text(), 2):
                break
        seen = [line.split()[5] for line in text().splitlines() if "/tasks/" in line]
        equal(seen[-4:], ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"])
    finally:
        following.kill()
        following.wait()
        oci.RUNNING.discard(following.pid)
        file.close()


@case("ctr: a task that is killed for want of memory", needs=NEEDS)
def out_of_memory(context):
    limit = ("--memory-limit", str(16 << 20))
    run(context, "sh", "-c", "a=x; while :; do a=$a$a; done", options=limit, code=137)


@case("ctr tasks rm leaves no cgroup and no state", needs=NEEDS)
def leftovers(context):
    with background(context) as name:
        place = f"{context.parent}/ctr/{name}"
        check(oci.cgroups(place), "it has no cgroup")
    equal([str(found) for found in oci.cgroups(place)], [])
    equal(list((context.folder / "containerd/runtime/tests").glob(name)), [])


@case("ctr run of ten containers at once", needs=NEEDS)
def crowd(context):
    daemon.once(context, start)
    names = [fresh(context) for _ in range(10)]
    running_now = [subprocess.Popen(command(context, *running(context, name, "--rm"), "echo", name), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in names]
    oci.RUNNING.update(process.pid for process in running_now)
    try:
        found = [process.communicate(timeout=120 * oci.PATIENCE) for process in running_now]
        equal([(process.returncode, err) for process, (_, err) in zip(running_now, found)], [(0, "")] * len(names))
    finally:
        for process in running_now:
            process.kill()
            process.wait()
            oci.RUNNING.discard(process.pid)
