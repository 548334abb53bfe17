"""From create to delete: statuses, signals, exit codes, exec, terminals, hooks."""
import array
import contextlib
import fcntl
import pty
import select
import socket
import signal
import time

from changes import both, mount, namespaces
from harness import *


@case("create, start, kill and delete pass through the statuses")
def statuses(context):
    name = context.created()
    equal(context.status(name), "created")
    context.must("start", name)
    equal(context.status(name), "running")
    context.must("kill", name, "KILL")
    context.await_status(name, "stopped")
    context.must("delete", name)
    equal(context.status(name), None)


@case("the process does not run before start")
def parked(context):
    name = context.created("touch", "/tmp/ran", change=lambda config: config["mounts"].append(
        {"destination": "/tmp", "type": "bind", "source": str(context.folder), "options": ["bind", "rw"]}))
    time.sleep(0.05)
    check(not (context.folder / "ran").exists(), "it ran")
    context.must("start", name)
    check(oci.wait_until((context.folder / "ran").exists), "it did not run")


CODES = [("its exit code", "exit 7", 7), ("128 and the signal's number", "kill -TERM $$; kill -KILL $$", 128 + 9),
         ("0", "true", 0)]


@cases(CODES, "run ends with {}")
def exit_codes(context, script, code):
    # The first process of a pid namespace ignores signals that it has no handler for: a child sends it none.
    if "kill" in script:
        context.run("sh", "-c", "trap - TERM; (exit 137); exit $?", code=137)
    else:
        context.run("sh", "-c", script, code=code)


@case("run reports a signal as 128 and its number")
def signalled(context):
    name, bundle = context.bundle("sh", "-c", "echo ready; exec sleep 1000")
    child = subprocess.Popen(context.runtime.argv("run", "--bundle", bundle.path, name),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    oci.RUNNING.add(child.pid)
    # Who is killed before its program runs was never started, and `run` fails with 1.
    equal(child.stdout.readline(), b"ready\n")
    context.must("kill", name, "KILL")
    equal(child.wait(5 * oci.PATIENCE), 137)
    child.stdout.close()
    oci.RUNNING.discard(child.pid)


@case("run forwards signals to the process")
def forwarded(context):
    name, bundle = context.bundle("sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
    child = subprocess.Popen(context.runtime.argv("run", "--bundle", bundle.path, name),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    oci.RUNNING.add(child.pid)
    equal(child.stdout.readline(), b"ready\n")
    child.terminate()
    equal(child.wait(5 * oci.PATIENCE), 9)
    child.stdout.close()
    oci.RUNNING.discard(child.pid)


@case("run removes the container, with --keep it stays")
def keep(context):
    name, bundle = context.bundle("true")
    context.must("run", "--bundle", bundle.path, name)
    equal(context.status(name), None)
    context.must("run", "--keep", "--bundle", bundle.path, name)
    equal(context.status(name), "stopped")
    context.must("delete", name)


@case("run --detach returns while the container runs")
def detached(context):
    name, bundle = context.bundle("sleep", "1000")
    context.must("run", "--detach", "--bundle", bundle.path, name)
    equal(context.status(name), "running")


FAILED = [("no such file", ["/no/such/command"], "no such file or directory"),
          ("nothing in PATH", ["no-such-command"], r"executable file not found in \$PATH"),
          ("a directory", ["/etc"], "permission denied|is a directory"),
          ("no permission", ["/etc/passwd"], "permission denied")]


@cases(FAILED, "run of {} fails with the field's text")
def failed(context, args, text):
    result = context.run(*args, code=1)
    matches(f"(?i){text}", result.message)


@cases(FAILED, "exec of {} fails with 255 and the field's text")
def failed_exec(context, args, text):
    result = context.must("exec", context.started(), *args, code=255)
    matches(f"(?i){text}", result.message)


STATES = [
    ("start of a running container", lambda c: ("start", c.started()), "cannot start an already running container"),
    ("delete of a running container", lambda c: ("delete", c.started()), "is not stopped: running"),
    ("resume of a running container", lambda c: ("resume", c.started()), "container not paused"),
    ("kill of a stopped container", lambda c: ("kill", stopped(c)), "container not running"),
    ("start of a stopped container", lambda c: ("start", stopped(c)), "cannot start a container that has stopped"),
    ("pause of a stopped container", lambda c: ("pause", stopped(c)), "container not running"),
]


def stopped(context):
    name = context.started("true")
    context.await_status(name, "stopped")
    return name


@cases(STATES, "{} is refused")
def refused(context, command, text):
    matches(text, context.must(*command(context), code=1).message)


@case("exec in a stopped container is refused with 255")
def exec_stopped(context):
    matches("cannot exec in a stopped container", context.must("exec", stopped(context), "true", code=255).message)


@case("pause and resume")
def pause(context):
    name = context.started()
    context.must("pause", name)
    equal(context.status(name), "paused")
    matches("cannot exec in a paused container", context.must("exec", name, "true", code=255).message)
    context.must("resume", name)
    equal(context.status(name), "running")


@case("delete --force of a paused container")
def delete_paused(context):
    name = context.started()
    context.must("pause", name)
    context.must("delete", "--force", name)
    equal(context.status(name), None)


# A program whose main thread ends and whose other one sleeps.
HALF = """#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *nap(void *none) { sleep(1000); return none; }
int main(void) { pthread_t thread; return pthread_create(&thread, 0, nap, 0) || syscall(SYS_exit, 0); }
"""


def half_dead(context, change, *args):
    """A container that runs the program at `/opt/half`; its name, and the id of the program's process."""
    folder = context.folder / "half"
    if not folder.exists():
        folder.mkdir()
        (folder / "half.c").write_text(HALF)
        subprocess.run(["gcc", "-static", "-pthread", "-o", folder / "half", folder / "half.c"], check=True)
    name = context.started(*args, change=both(change, mount("/opt", "bind", str(folder), "bind", "ro")))
    found = []

    def look():
        found[:] = [entry.parent for entry in pathlib.Path("/proc").glob("[0-9]*/stat") if is_half(entry)]
        return found

    check(oci.wait_until(look), "it does not run")
    return name, int(found[0].name)


def is_half(stat):
    try:
        return " (half) Z " in stat.read_text()
    except OSError:
        return False


@cases([("kill", ("kill", "KILL"), ("delete",)), ("delete --force", ("delete", "--force"), ())],
       "{} ends a container whose main thread has ended before", needs=tool("gcc"))
def main_thread_ended(context, command, then):
    name, _ = half_dead(context, lambda config: None, "/opt/half")
    equal(context.status(name), "running")
    verb, *rest = command
    context.must(verb, *(rest + [name] if verb == "delete" else [name] + rest), timeout=5)
    if then:
        context.await_status(name, "stopped")
        context.must(*then, name)
    equal(context.status(name), None)


@case("delete ends what is left without a main thread and without a process namespace", needs=tool("gcc"))
def half_left(context):
    name, pid = half_dead(context, namespaces(without=("pid",)), "sh", "-c", "/opt/half & exec sleep 1000")
    os.kill(context.runtime.state(name)["pid"], signal.SIGKILL)
    context.await_status(name, "stopped")
    result = context.must("delete", name)
    check(result.seconds < 5 * oci.PATIENCE, f"{result.seconds} s")
    check(oci.wait_until(lambda: not oci.children() and not os.path.exists(f"/proc/{pid}")), "it lives")


class Remnant:
    """What a creator left that died: its intent, and the cgroup with somebody's process in it."""

    def __init__(self, context, claimed, occupied):
        donor = context.created()
        self.folder = pathlib.Path(context.runtime.root) / "dead"
        intent = json.loads((self.folder.parent / donor / "intent.claimed.json").read_text())
        self.cgroup = f"{context.parent}/dead"
        last = os.path.basename(oci.place_of_cgroup(self.cgroup))
        paths = {kind: str(pathlib.Path(path).parent / last) for kind, path in intent["cgroup_paths"].items()}
        intent.update(id="dead", cgroup_paths=paths, **({"unit": last} if "unit" in intent else {}))
        self.folder.mkdir()
        (self.folder / ("intent.claimed.json" if claimed else "intent.json")).write_text(json.dumps(intent))
        for path in paths.values():
            pathlib.Path(path).mkdir(exist_ok=True)
        self.process = subprocess.Popen(["sleep", "1000"])
        oci.RUNNING.add(self.process.pid)
        if occupied:
            (pathlib.Path(paths.get("", paths.get("pids"))) / "cgroup.procs").write_text(str(self.process.pid))

    def end(self):
        self.process.kill()
        self.process.wait()
        oci.RUNNING.discard(self.process.pid)
        oci.remove_cgroups(self.cgroup)


REMNANTS = [("leaves a stranger's process in a cgroup that was not claimed alone", False, True, True),
            ("removes an empty cgroup that was not claimed", False, False, True),
            ("kills what is in a claimed cgroup", True, True, False)]


@cases(REMNANTS, "delete --force after a creator's death {}", needs=martlet_only)
def remnants(context, claimed, occupied, lives):
    remnant = Remnant(context, claimed, occupied)
    try:
        equal(context.status("dead"), "creating")
        context.must("delete", "--force", "dead", timeout=5)
        equal(context.status("dead"), None)
        check(not remnant.folder.exists(), "the entry is there")
        equal(remnant.process.poll(), None if lives else -9)
        equal(len(oci.cgroups(remnant.cgroup)), 1 if occupied and lives else 0)
    finally:
        remnant.end()


RECORDS = [("is damaged", "{"), ("is of a later version", None), ("is empty", ""), ("has become a directory", pathlib.Path.mkdir),
           ("has become a link to itself", lambda file: file.symlink_to(file.name))]


@cases(RECORDS, "delete --force removes a container whose state {}", needs=martlet_only)
def unreadable(context, text):
    name = context.started()
    pid = context.runtime.state(name)["pid"]
    file = pathlib.Path(context.runtime.root) / name / "state.json"
    if text is None:
        state = json.loads(file.read_text())
        state["martlet"]["version"] = 99
        text = json.dumps(state)
    if callable(text):
        file.unlink()
        text(file)
    else:
        file.write_text(text)
    matches("state.json", context.must("delete", name, code=1).message)
    check(pathlib.Path(f"/proc/{pid}").exists(), "its process is gone")
    context.must("delete", "--force", name, timeout=10)
    check(oci.wait_until(lambda: pid not in oci.children()), "its process is there")
    equal((file.parent.exists(), oci.cgroups(f"{context.parent}/{name}")), (False, []))


SIGNALS = [("a name", "USR1"), ("a name with SIG", "SIGUSR1"), ("lower case", "usr1"), ("a number", "10")]


@cases(SIGNALS, "kill takes {}")
def kill_signal(context, signal):
    name = context.started("sh", "-c", "trap 'exit 3' USR1; touch /tmp/set; while :; do sleep 0.02; done",
                           change=lambda config: config["mounts"].append(
                               {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}))
    check(oci.wait_until(lambda: context.runtime.run("exec", name, "test", "-e", "/tmp/set").code == 0), "no trap")
    context.must("kill", name, signal)
    context.await_status(name, "stopped")


EXECS = [
    ("the container's namespaces", (), "hostname", "martlet\n", 0),
    ("another working directory", ("--cwd", "/etc"), "pwd", "/etc\n", 0),
    ("a variable", ("--env", "A=1,2"), "echo $A", "1,2\n", 0),
    ("another user", ("--user", "1000:1000"), "id -u; id -g", "1000\n1000\n", 0),
    ("one more capability", ("--cap", "CAP_NET_RAW"), "grep CapEff /proc/self/status | grep -c 2420", "1\n", 0),
    ("its exit code", (), "exit 5", "", 5),
    ("128 and the signal's number", (), "kill -9 $$", "", 137),
]


@cases(EXECS, "exec: {}")
def execute(context, options, script, output, code):
    equal(context.must("exec", *options, context.started(), "sh", "-c", script, code=code).text, output)


@case("exec --process reads the process from a file")
def exec_process(context):
    name, file = context.started(), context.folder / "process.json"
    file.write_text(json.dumps({"args": ["sh", "-c", "id -u; echo $B; pwd"], "cwd": "/tmp", "env": ["B=2", "PATH=/bin"],
                                "user": {"uid": 7, "gid": 7}}))
    equal(context.must("exec", "--process", file, name).text, "7\n2\n/tmp\n")


@case("exec --detach with a pid file")
def exec_detached(context):
    name, file = context.started(), context.folder / "exec-pid"
    context.must("exec", "--detach", "--pid-file", file, name, "sleep", "1000")
    check(pathlib.Path(f"/proc/{file.read_text()}").exists(), "no process")


@case("exec joins the container's cgroups")
def exec_cgroup(context):
    name = context.started()
    own = context.must("exec", name, "cat", "/proc/self/cgroup").text
    # A hierarchy that is mounted nowhere can be entered by nobody.
    equal(own, context.must("exec", name, "cat", "/proc/1/cgroup").text)
    last = os.path.basename(oci.place_of_cgroup(f"{context.parent}/{name}"))
    check(any(line.endswith(f"/{last}") for line in own.splitlines()), own)


@case("exec refuses a relative working directory", needs=martlet_only)
def exec_relative(context):
    name = context.started()
    for cwd in (".", "../..", "tmp"):
        result = context.must("exec", "--cwd", cwd, name, "pwd", code=255)
        check("absolute" in result.message, (cwd, result))


@case("the container has no descriptor beyond its standard streams")
def descriptors(context):
    equal(context.shell("ls /proc/self/fd").split(), ["0", "1", "2", "3"])  # 3 is the folder that ls reads


@case("--preserve-fds hands descriptors on")
def preserved(context):
    name, bundle = context.bundle("sh", "-c", "cat <&3")
    read, write = os.pipe()
    os.write(write, b"passed")
    os.close(write)
    saved = os.dup(3) if os.path.exists("/proc/self/fd/3") and read != 3 else None
    if read != 3:
        os.dup2(read, 3)
    result = oci.bounded(context.runtime.argv("run", "--preserve-fds", "1", "--bundle", bundle.path, name),
                         preserved=(3,))
    if saved is not None:
        os.dup2(saved, 3)
        os.close(saved)
    elif read != 3:
        os.close(3)
    os.close(read)
    equal(result.text, "passed")


def receive_terminal(context, start):
    """The master of the terminal that a runtime sends to a console socket."""
    path = str(context.folder / "console")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(5)
        start(path)
        connection, _ = listener.accept()
    os.unlink(path)
    with connection:
        descriptors = array.array("i")
        _, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
        descriptors.frombytes(control[0][2][:4])
    return descriptors[0]


def read_until(master, text):
    """Output of a terminal until it has the text."""
    seen, end = b"", time.monotonic() + 5 * oci.PATIENCE
    while text not in seen and time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            try:
                seen += os.read(master, 4096)
            except OSError:
                break
    return seen


@case("a terminal arrives at the console socket, with its size")
def console(context):
    def change(config):
        config["process"].update(terminal=True, consoleSize={"height": 40, "width": 100})
    name, bundle = context.bundle("sh", "-c", "stty size; tty; echo done", change=change)
    master = receive_terminal(context, lambda path: context.must(
        "create", "--bundle", bundle.path, "--console-socket", path, name))
    context.must("start", name)
    seen = read_until(master, b"done")
    os.close(master)
    check(b"40 100" in seen and b"/dev/" in seen, seen)


@case("run in the foreground with a terminal of its own")
def foreground_terminal(context):
    name, bundle = context.bundle("sh", "-c", "test -t 0 && echo terminal; read line; echo got $line",
                                  change=lambda config: config["process"].update(terminal=True))
    pid, master = pty.fork()
    if pid == 0:
        os.execv(context.runtime.path, context.runtime.argv("run", "--bundle", str(bundle.path), name))
    oci.RUNNING.add(pid)
    seen = read_until(master, b"terminal")
    os.write(master, b"word\r")
    seen += read_until(master, b"got word")
    os.close(master)
    status = os.waitpid(pid, 0)[1]
    oci.RUNNING.discard(pid)
    check(b"terminal" in seen and b"got word" in seen, seen)
    equal(status, 0)


@case("a terminal's output is whole on a standard output that does not block", needs=martlet_only)
def slow_reader(context):
    name, bundle = context.bundle("sh", "-c", "yes 0123456789 | head -n 20000; echo END", terminal=True)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    child = subprocess.Popen(context.runtime.argv("run", "--bundle", bundle.path, name), stdin=subprocess.DEVNULL,
                             stdout=writer, stderr=subprocess.DEVNULL)
    oci.RUNNING.add(child.pid)
    os.close(writer)
    time.sleep(0.3)  # the pipe fills
    with open(reader, "rb") as file:
        seen = file.read()
    equal((child.wait(5), seen.count(b"0123456789"), seen[-4:]), (0, 20000, b"END\n"))
    oci.RUNNING.discard(child.pid)


@cases([("that blocks", 0), ("that does not block", os.O_NONBLOCK)],
       "signals are passed on while nobody reads from a standard output {}", needs=martlet_only)
def stuck_reader(context, flags):
    name, bundle = context.bundle("sh", "-c", "trap 'exit 7' TERM; yes 0123456789 & wait", terminal=True)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, flags)
    child = subprocess.Popen(context.runtime.argv("run", "--keep", "--bundle", bundle.path, name),
                             stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.DEVNULL)
    oci.RUNNING.add(child.pid)
    os.close(writer)
    context.await_status(name, "running")
    time.sleep(0.5)  # the pipe fills
    child.terminate()
    context.await_status(name, "stopped")
    child.terminate()  # what is left of the output is not wanted
    equal(child.wait(5), 7)
    os.close(reader)
    oci.RUNNING.discard(child.pid)


@case("exec --tty")
def exec_tty(context):
    name = context.started()
    master = receive_terminal(context, lambda path: context.must(
        "exec", "--tty", "--detach", "--console-socket", path, name, "sh", "-c", "tty; echo done"))
    seen = read_until(master, b"done")
    os.close(master)
    check(b"/dev/pts/" in seen, seen)


@case("hooks run in order, with the state on their input")
def hooks(context):
    log = context.folder / "hooks"

    def hook(kind):
        script = f"echo {kind} $(sed 's/.*\"status\":\"\\([a-z]*\\)\".*/\\1/') >> {log}"
        return [{"path": "/bin/sh", "args": ["sh", "-c", script]}]

    kinds = ("prestart", "createRuntime", "poststart", "poststop")
    name = context.created("true", change=lambda config: config.update(hooks={kind: hook(kind) for kind in kinds}))
    context.must("start", name)
    context.await_status(name, "stopped")
    context.must("delete", name)
    found = [line.split()[0] for line in log.read_text().splitlines()]
    equal(found, list(kinds))


@case("a failing hook fails the create and leaves nothing")
def failing_hook(context):
    name, bundle = context.bundle("true", change=lambda config: config.update(
        hooks={"createRuntime": [{"path": "/bin/false"}]}))
    check(context.must("create", "--bundle", bundle.path, name, code=1).message, "no message")
    equal(context.status(name), None)


@case("startContainer hooks run in the container")
def container_hook(context):
    change = lambda config: (config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}),
                             config.update(hooks={"startContainer": [
                                 {"path": "/bin/sh", "args": ["sh", "-c", "cat >/dev/null; hostname > /tmp/hook"]}]}))
    equal(context.shell("cat /tmp/hook", change=change), "martlet\n")


@case("--no-pivot, --no-new-keyring and --no-subreaper are taken")
def other_flags(context):
    context.run("true", options=("--no-pivot", "--no-new-keyring", "--no-subreaper"))


@case("a deleted bundle does not stop kill and delete")
def without_bundle(context):
    name = context.started()
    shutil.rmtree(context.folder / f"b-{name}")
    context.must("kill", name, "KILL")
    context.await_status(name, "stopped")
    context.must("delete", name)


def on_terminal(config):
    config["process"].update(terminal=True)


@case("a terminal follows the size of the caller's, in run and in exec")
def resized(context):
    name, bundle = context.bundle("sh", change=on_terminal)
    with Terminal(context.runtime.argv("run", "--bundle", str(bundle.path), name), (30, 90)) as outer:
        outer.read("# ")
        outer.say("stty size", "30 90")
        outer.resize(50, 120)
        outer.say("sleep 0.1; stty size", "50 120")
        with Terminal(context.runtime.argv("exec", "--tty", name, "sh"), (20, 70)) as inner:
            inner.read("# ")
            inner.say("stty size", "20 70")
            inner.resize(21, 71)
            inner.say("sleep 0.1; stty size", "21 71")
            inner.say("exit 4", "")
            equal(inner.end(), 4)
        outer.say("exit 5", "")
        equal(outer.end(), 5)


@case("the caller's terminal is as it was after a run")
def restored(context):
    name, bundle = context.bundle("sh", "-c", "stty -echo; exit 0", change=on_terminal)
    argv = " ".join(context.runtime.argv("run", "--bundle", str(bundle.path), name))
    with Terminal(["sh", "-c", f"stty -g; {argv}; stty -g; echo over"]) as typed:
        typed.read("over")
        modes = re.findall(rb"^[0-9a-f]+:[0-9a-f:]+", typed.seen, re.M)
        check(len(modes) == 2 and modes[0] == modes[1], typed.seen)
        typed.end()


@case("each line on the caller's terminal begins at its left edge")
def left_edge(context):
    name, bundle = context.bundle("sh", "-c", "read line; echo one; echo two; exit 3", change=on_terminal)
    with Terminal(context.runtime.argv("run", "--bundle", str(bundle.path), name)) as typed:
        # The terminal is the container's by now.
        check(oci.wait_until(lambda: context.status(name) == "running"), "it does not run")
        typed.say("", "two")
        equal(typed.end(), 3)
        matches(r"one\r\ntwo\r\n", typed.seen.decode())


@case("a terminal that is closed ends a run by SIGHUP to the container")
def closed(context):
    name, bundle = context.bundle("sleep", "1000", change=on_terminal)
    with Terminal(context.runtime.argv("run", "--bundle", str(bundle.path), name)):
        check(oci.wait_until(lambda: context.status(name) == "running"), "it does not run")
    context.runtime.run("kill", name, "KILL")


@case("the terminal belongs to the container: a user namespace's root, and its own ids", needs=martlet_only)
def terminal_owner(context):
    from changes import MAPPED
    name, bundle = context.bundle("sh", "-c", "stat -c '%u %g' $(tty)", change=lambda config: (MAPPED(config), on_terminal(
        config)))
    with Terminal(context.runtime.argv("run", "--bundle", str(bundle.path), name)) as typed:
        equal(typed.end(), 0)
        matches(r"^0 [05]", typed.seen.decode())


CONSOLES = [("create without a socket", ("create",), True, "cannot allocate tty if"),
            ("run --detach without a socket", ("run", "--detach"), True, "cannot allocate tty if"),
            ("create with a needless socket", ("create", "--console-socket", "/none"), False, "cannot use console socket"),
            ("create with a socket that is not there", ("create", "--console-socket", "/none"), True, "/none")]


@cases(CONSOLES, "console socket: {} is refused")
def refused_console(context, arguments, wants, text):
    name, bundle = context.bundle("true", change=on_terminal if wants else None)
    result = context.must(*arguments, "--bundle", bundle.path, name, code=1)
    matches(text if context.is_martlet or text != "/none" else "no such file", result.message)
    equal(context.status(name), None)


@case("a console socket whose queue is full is given up", needs=martlet_only)
def full_console(context):
    name, bundle = context.bundle("true", change=on_terminal)
    path = str(context.folder / "full")
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(path)
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
            waiting.setblocking(False)
            waiting.connect_ex(path)
        result = context.must("create", "--console-socket", path, "--bundle", bundle.path, name, code=1)
    os.unlink(path)
    check(path in result.message and "timed out" in result.message, result.message)
    equal(context.status(name), None)


@case("exec --preserve-fds hands descriptors on, and refuses those that are not open")
def exec_preserved(context):
    name = context.started()
    read, write = os.pipe()
    os.write(write, b"passed")
    os.close(write)
    argv = " ".join(context.runtime.argv("exec", "--preserve-fds", "1", name, "cat", "/proc/self/fd/3"))
    result = oci.bounded(["sh", "-c", f"exec {argv} 3<&{read}"], preserved=(read,))
    os.close(read)
    equal(result.text, "passed")
    equal(oci.bounded(context.runtime.argv("exec", "--preserve-fds", "40", name, "true")).code, 255)
    if context.is_martlet:  # what the runtime itself has open at that number is nobody's to hand on
        matches("unable to stat preserved-fd 3", context.must("exec", "--preserve-fds", "1", name, "true", code=255).message)


@case("--no-pivot: the host's root, proc and sysfs cannot be reached")
def no_pivot(context):
    result = context.run("sh", "-c", "ls /; grep -c . /proc/mounts; ls /../..; cat /proc/1/root/etc/hostname 2>&1; true",
                         options=("--no-pivot",))
    check("boot" not in result.text.split(), result.text)
    kinds = context.run("cat", "/proc/self/mountinfo", options=("--no-pivot",)).text
    check(all(line.split()[4].startswith("/") for line in kinds.splitlines()), kinds)


@case("the session keyring is the container's own, unless --no-new-keyring leaves the caller's", needs=lambda context: (
    None if os.path.exists("/proc/keys") else "no keyrings"))
def keyring(context):
    change = lambda config: config["linux"].update(maskedPaths=[])
    for options in ((), ("--no-new-keyring",)):
        text = context.run("cat", "/proc/keys", change=change, options=options).text
        own = re.search(rf"_ses\.{context.made[-1][0]}\b", text)
        check(bool(own) != bool(options), (options, text))


@case("run --detach with a pid file, and --keep leaves what ended")
def detached_pid(context):
    name, bundle = context.bundle("true")
    file = context.folder / "run-pid"
    context.must("run", "--detach", "--keep" if context.is_martlet else "--detach", "--pid-file", file, "--bundle",
                 bundle.path, name)
    check(int(file.read_text()) > 1, file.read_text())
    context.await_status(name, "stopped")


PROCESSES = [
    ("its own capabilities", {"capabilities": {kind: ["CAP_KILL"] for kind in ("bounding", "effective", "permitted")}},
     "grep CapEff /proc/self/status", r"CapEff:\s0{14}20"),
    ("its own limits", {"rlimits": [{"type": "RLIMIT_CORE", "soft": 3, "hard": 4}]}, "grep core /proc/self/limits",
     r"core file size +3 +4"),
    ("no_new_privs", {"noNewPrivileges": True}, "grep NoNewPrivs /proc/self/status", r"NoNewPrivs:\s1"),
    ("an OOM score", {"oomScoreAdj": 77}, "cat /proc/self/oom_score_adj", "^77$"),
    ("groups and a umask", {"user": {"uid": 3, "gid": 4, "additionalGids": [5], "umask": 0o27}},
     "id -u; id -g; id -G; umask", r"^3\n4\n4 5\n0027$"),
]


@cases(PROCESSES, "exec --process: {}")
def exec_settings(context, settings, script, pattern):
    name, file = context.started(), context.folder / "process.json"
    file.write_text(json.dumps({"args": ["sh", "-c", script], "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0},
                                **settings}))
    matches(pattern, context.must("exec", "--process", file, name).text.strip())


BAD_PROCESSES = [("no JSON", "{", "process.json"), ("no args", '{"cwd": "/"}', "args"), ("args that are no texts",
                                                                                           '{"args": [1], "cwd": "/"}', "args"),
                 ("a relative directory", '{"args": ["true"], "cwd": "x"}', "cwd")]


@cases(BAD_PROCESSES, "exec --process with {} is refused with 255", needs=martlet_only)
def bad_process(context, text, wanted):
    name, file = context.started(), context.folder / "process.json"
    file.write_text(text)
    result = context.must("exec", "--process", file, name, code=255)
    matches(wanted, result.message)
    equal(result.message.count("\n"), 0)


@case("exec in a working directory that does not exist says so")
def exec_nowhere(context):
    result = context.must("exec", "--cwd", "/no/where", context.started(), "true", code=255)
    matches(r'chdir to cwd \(\\?"/no/where\\?"\) set in config.json failed: no such file or directory', result.message)


@case("exec forwards signals, and its process is the only one that gets them")
def exec_signals(context):
    name = context.started()
    child = subprocess.Popen(context.runtime.argv("exec", name, "sh", "-c",
                                                  "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    oci.RUNNING.add(child.pid)
    equal(child.stdout.readline(), b"ready\n")
    child.terminate()
    equal(child.wait(5 * oci.PATIENCE), 9)
    child.stdout.close()
    oci.RUNNING.discard(child.pid)
    equal(context.status(name), "running")


@case("a container is reached from any directory, and by a relative root and bundle")
def relative(context):
    name, bundle = context.bundle("pwd")
    root = os.path.relpath(context.runtime.root, bundle.path)
    for options, cwd in (((), bundle.path), (("--bundle", bundle.path.name), bundle.path.parent)):
        argv = [context.runtime.path, "--root", os.path.relpath(context.runtime.root, cwd), "run", *options, name]
        result = oci.bounded(argv, cwd=cwd)
        equal((result.code, result.text), (0, "/\n"))
    check(root, root)


@case("standard streams that are closed do no harm", needs=martlet_only)
def closed_streams(context):
    name, bundle = context.bundle("true")
    argv = " ".join(context.runtime.argv("run", "--bundle", bundle.path, name))
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        equal(oci.bounded(["sh", "-c", f"exec {argv} {closing}"]).code, 0)


SHELL = "exec 3<{} 4<{}; LISTEN_PID={} LISTEN_FDS=1 LISTEN_FDNAMES=web exec {}"


@case("sockets of a service manager are handed on, before the other descriptors", needs=martlet_only)
def activated(context):
    for name, text in (("one", "first"), ("two", "second")):
        (context.folder / name).write_text(text)
    script = "echo $LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES; cat <&3; cat <&4"
    for pid, options, wanted in (("$$", "--preserve-fds 1", "1 1 web\nfirstsecond"), ("1", "--preserve-fds 2", "\nfirstsecond")):
        name, bundle = context.bundle("sh", "-c", script)
        argv = " ".join(context.runtime.argv("run", options, "--bundle", bundle.path, name))
        line = SHELL.format(context.folder / "one", context.folder / "two", pid, argv)
        result = oci.bounded(["sh", "-c", line])
        equal((result.code, result.text), (0, wanted))


COUNTS = [("more than are open", "40"), ("more than there can be", "9223372036854775807"),
          ("a number with a sign", "-1"), ("no number", "x")]


@cases(COUNTS, "--preserve-fds with {} is refused")
def counts(context, count):
    name, bundle = context.bundle("true")
    if not context.is_martlet and len(count) > 10:
        raise Skip("other runtimes count up to it")
    result = context.runtime.run("run", f"--preserve-fds={count}", "--bundle", bundle.path, name, timeout=5)
    check(result.code > 0 and not result.hung and result.message, (result.code, result.message))
    equal(context.status(name), None)
