"""Hooks of all six kinds: when they run, where, with what, and what their failure does."""
import time

from changes import *
from harness import *

KINDS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
OF_CREATE, OF_START = KINDS[:3], KINDS[3:5]
IN_CONTAINER = ("createContainer", "startContainer")


def hook(script, **more):
    return {"path": "/bin/sh", "args": ["sh", "-c", script], **more}


def hooks(**lists):
    return lambda config: config.update(hooks={kind: entries if isinstance(entries, list) else [entries]
                                               for kind, entries in lists.items()})


def shared(context):
    """A folder at the same path for the host and the container; hooks write to it."""
    folder = context.folder / "shared"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    return folder, mount(str(folder), "bind", str(folder), "bind", "rw")


@case("hooks run in the order of the specification, each list in its own order")
def order(context):
    folder, volume = shared(context)
    lists = {kind: [hook(f"echo {kind}{number} >> {folder}/log") for number in (1, 2)] for kind in KINDS}
    name = context.created("sh", "-c", f"echo program >> {folder}/log; sleep 1000", change=both(volume, hooks(**lists)))
    log = folder / "log"
    equal(log.read_text().split(), [f"{kind}{number}" for kind in OF_CREATE for number in (1, 2)])
    context.must("start", name)
    check(oci.wait_until(lambda: len(log.read_text().split()) == 11), log.read_text())
    found = log.read_text().split()
    equal(sorted(found[6:]), sorted([f"{kind}{number}" for kind in OF_START for number in (1, 2)] + ["program"]))
    equal(found[6:8], ["startContainer1", "startContainer2"])
    context.must("delete", "--force", name)
    equal(log.read_text().split()[11:], ["poststop1", "poststop2"])


STATUSES = [("prestart", "creating"), ("createRuntime", "creating"), ("createContainer", "creating"),
            ("startContainer", "created"), ("poststart", "running"), ("poststop", "stopped")]


@case("a warning stands in the log that is named, and not on standard error")
def warned(context):
    log = context.folder / "warnings.log"
    config = both(hooks(poststop=hook("exit 7")), capabilities(bounding=["KILL", "FOO"]))
    name, bundle = context.bundle("true", change=config)
    result = context.runtime.run("--log", log, "--log-format", "json", "run", "--bundle", bundle.path, name)
    equal((result.code, result.message), (0, ""))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    equal([line["level"] for line in lines], ["warning", "warning"])
    matches("CAP_FOO.*", lines[0]["msg"])
    matches("exit status 7", lines[1]["msg"])


@cases([(kind, kind, status) for kind, status in STATUSES], "the state that a {} hook reads")
def state(context, kind, status):
    folder, volume = shared(context)
    name = context.created(change=both(volume, hooks(**{kind: hook(f"cat > {folder}/state")}), top(annotations={"a": "b"})))
    pid = context.runtime.state(name)["pid"]
    context.must("start", name)
    context.must("delete", "--force", name)
    found = json.loads((folder / "state").read_text())
    equal((found["id"], found["bundle"], found["annotations"]), (name, str(context.folder / f"b-{name}"), {"a": "b"}))
    if context.is_martlet or kind != "startContainer":
        equal(found["status"], status)
    check("ociVersion" in found, found)
    if kind != "poststop":
        equal(found["pid"], 1 if kind in IN_CONTAINER else pid)


@cases([(kind, kind) for kind in KINDS], "the namespaces of a {} hook")
def place(context, kind):
    folder, volume = shared(context)
    change = both(volume, hooks(**{kind: hook(f"readlink /proc/self/ns/mnt /proc/self/ns/uts /proc/self/ns/pid > "
                                              f"{folder}/ns || for n in mnt uts pid; do readlink /proc/self/ns/$n; done > {folder}/ns")}))
    name = context.created(change=change)
    pid = context.runtime.state(name)["pid"]
    inside = [os.readlink(f"/proc/{pid}/ns/{file}") for file in ("mnt", "uts", "pid")]
    context.must("start", name)
    context.must("delete", "--force", name)
    here = [os.readlink(f"/proc/self/ns/{file}") for file in ("mnt", "uts", "pid")]
    found = (folder / "ns").read_text().split()[-3:]
    equal(found, inside if kind in IN_CONTAINER else here)


@case("a createContainer hook sees the host's paths, and mounts that it makes stay in the container")
def create_container(context):
    folder, _ = shared(context)
    (folder / "from-host").write_text("host")

    def change(config):
        root = f"{config['root']['path']}"
        hooks(createContainer=hook(f"cat {folder}/from-host > {folder}/seen && mount -t tmpfs hooked {root}/tmp"))(config)
    name = context.created("sleep", "1000", change=change)
    context.must("start", name)
    equal((folder / "seen").read_text(), "host")
    matches("^hooked /tmp", context.must("exec", name, "cat", "/proc/mounts").text)
    check("hooked" not in pathlib.Path("/proc/mounts").read_text(), "the mount is on the host")


@case("a hook gets its own environment and arguments and nothing else")
def environment(context):
    folder, volume = shared(context)
    entry = {"path": "/bin/sh", "args": ["name", "-c", f"echo $0 $1 $A; env > {folder}/env", "zero", "one"],
             "env": ["A=given", "PATH=/bin:/usr/bin"]}
    context.created(change=both(volume, hooks(createRuntime=entry)))
    found = dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines())
    for own in ("PWD", "SHLVL", "OLDPWD", "_"):  # the shell's
        found.pop(own, None)
    equal(found, {"A": "given", "PATH": "/bin:/usr/bin"})


@case("a hook has no descriptor of the runtime's")
def descriptors(context):
    folder, volume = shared(context)
    for kind in ("createRuntime", "startContainer"):
        (folder / "fds").unlink(missing_ok=True)
        name = context.created(change=both(volume, hooks(**{kind: hook(f"ls /proc/self/fd > {folder}/fds")})))
        context.must("start", name)
        equal((folder / "fds").read_text().split(), ["0", "1", "2", "3"])


FAILING = [(kind, kind) for kind in KINDS[:4]]


@cases(FAILING, "a {} hook that fails ends the container, and its output is in the message")
def failing(context, kind):
    name, bundle = context.bundle("sleep", "1000", change=hooks(**{kind: hook("echo said; echo cried >&2; exit 3")}))
    result = context.runtime.run("create", "--bundle", bundle.path, name)
    if kind in OF_CREATE:
        equal((result.code, context.status(name)), (1, None))
    else:
        equal(result.code, 0)
        result = context.runtime.run("start", name)
        check(result.code != 0, "start succeeded")
        context.await_status(name, "stopped")
    if context.is_martlet:
        matches("exit status 3.*said.*cried", result.message)
        equal(result.message.count("\n"), 0)


@case("a failing poststop hook does not keep the container")
def failing_poststop(context):
    name = context.started("true", change=hooks(poststop=[hook("exit 1"), hook("exit 2")]))
    context.await_status(name, "stopped")
    context.must("delete", name)
    equal(context.status(name), None)


@cases([(kind, kind) for kind in KINDS[:4]], "a {} hook is killed when its time is over")
def timeout(context, kind):
    name, bundle = context.bundle("sleep", "1000", change=hooks(**{kind: hook("exec sleep 30", timeout=1)}))
    begun = time.monotonic()
    result = context.runtime.run("create", "--bundle", bundle.path, name)
    if kind not in OF_CREATE:
        result = context.runtime.run("start", name)
    check(result.code != 0 and 0.9 < time.monotonic() - begun < 5, (result.code, time.monotonic() - begun))
    if context.is_martlet:
        matches("hook ran past specified timeout of 1.0s", result.message)


@cases([(kind, kind, command) for kind, command in (("createRuntime", "create"), ("startContainer", "start"),
                                                    ("startContainer", "run"), ("poststart", "start"),
                                                    ("poststart", "run"))],
       "delete --force does not wait for a {} hook that hangs", needs=martlet_only)
def hanging(context, kind, command):
    name, bundle = context.bundle("sleep", "1000", change=hooks(**{kind: hook("exec sleep 30")}))
    options = ("--bundle", bundle.path)
    if command == "start":
        context.must("create", *options, name)
        options = ()
    if command == "run":
        options += ("--detach",)
    child = subprocess.Popen(context.runtime.argv(command, *options, name), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    oci.RUNNING.add(child.pid)
    wanted = {"createRuntime": "creating", "startContainer": "created", "poststart": "running"}[kind]
    if command == "run" and kind == "startContainer":
        wanted = "running"  # nobody is to start it
    context.await_status(name, wanted)
    time.sleep(0.2)  # the hook begins
    begun = time.monotonic()
    context.must("delete", "--force", name)
    check(time.monotonic() - begun < 3, f"it took {time.monotonic() - begun:.1f} s")
    equal(context.status(name), None)
    oci.kill_children()
    child.wait()
    oci.RUNNING.discard(child.pid)


AT_ONCE = [("delete", ("delete",), "that is not stopped: creating"), ("start", ("start",), "in the creating state"),
           ("pause", ("pause",), "container not running"), ("resume", ("resume",), "container not paused"),
           ("update", ("update", "--pids-limit", "5"), "container not running"),
           ("kill", ("kill",), "container not running"), ("exec", ("exec",), "in the creating state")]


@case("no command waits for a container that is being created", needs=martlet_only)
def being_created(context):
    name, bundle = context.bundle("sleep", "1000", change=hooks(createRuntime=hook("exec sleep 30")))
    child = subprocess.Popen(context.runtime.argv("create", "--bundle", bundle.path, name), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    oci.RUNNING.add(child.pid)
    context.await_status(name, "creating")
    time.sleep(0.2)  # the hook begins
    for command, arguments, text in AT_ONCE:
        result = context.runtime.run(*arguments, name, *(["true"] if command == "exec" else []), timeout=5)
        check(result.code != 0 and not result.hung, f"{command}: {result.code}, {result.message}")
        matches(text, result.message)
    context.must("delete", "--force", name, timeout=5)
    oci.kill_children()
    child.wait()
    oci.RUNNING.discard(child.pid)


@cases([(str(seconds), seconds) for seconds in (2**63 - 1, 2**63 // 1000)], "a hook may take {} seconds")
def endless(context, seconds):
    context.run("true", change=hooks(createRuntime=hook("exit 0", timeout=seconds),
                                     startContainer=hook("exit 0", timeout=seconds)))


@case("a poststop hook runs after a failed create too")
def failed_poststop(context):
    folder, volume = shared(context)
    lists = hooks(createRuntime=hook("exit 3"), poststop=hook(f"cat > {folder}/state"))
    name, bundle = context.bundle("true", change=both(volume, lists))
    context.must("create", "--bundle", bundle.path, name, code=1)
    found = json.loads((folder / "state").read_text())
    equal((found["id"], found["status"], "pid" in found), (name, "stopped", False))


@case("a hook that leaves a process behind with its output open does not hold the runtime up", needs=martlet_only)
def daemon(context):
    begun = time.monotonic()
    context.created(change=hooks(createRuntime=hook("sleep 3 & exit 0")))
    check(time.monotonic() - begun < 2, "it waited for the hook's child")
    oci.kill_children()


BROKEN = [("does not exist", {"path": "/no/such/hook"}, "no such file"),
          ("is not executable", {"path": "/etc/passwd"}, "permission denied"),
          ("is killed by a signal", hook("kill -9 $$"), "signal|killed")]


@cases(BROKEN, "a hook that {} fails the create")
def broken(context, entry, text):
    name, bundle = context.bundle("true", change=hooks(createRuntime=entry))
    matches(f"(?i){text}", context.must("create", "--bundle", bundle.path, name, code=1).message)
    equal(context.status(name), None)


@case("a hook that writes a lot costs the runtime little", needs=martlet_only)
def loud(context):
    for kind in ("createRuntime", "startContainer"):
        name, bundle = context.bundle("true", change=hooks(**{kind: hook("yes | head -c 50000000; exit 3")}))
        result = context.runtime.run("run", "--bundle", bundle.path, name)
        check(result.code == 1 and len(result.err) < 50000, (result.code, len(result.err)))


@case("hooks run for run as for create and start", needs=martlet_only)
def of_run(context):
    folder, volume = shared(context)
    lists = {kind: hook(f"echo {kind} >> {folder}/log") for kind in KINDS}
    context.run("true", change=both(volume, hooks(**lists)))
    equal((folder / "log").read_text().split()[:4], list(KINDS[:4]))
    equal(sorted((folder / "log").read_text().split()), sorted(KINDS))


@case("a startContainer hook is executed by its path, with its own first argument")
def first_argument(context):
    folder, volume = shared(context)
    entry = {"path": "/bin/busybox", "args": ["sh", "-c", f"tr '\\0' ' ' < /proc/$$/cmdline > {folder}/arguments; true"]}
    context.run("true", change=both(volume, hooks(startContainer=entry)))
    check((folder / "arguments").read_text().startswith("sh -c "), (folder / "arguments").read_text())


@cases([(f"{seconds} seconds for {kind}", kind, seconds) for kind in ("createRuntime", "startContainer")
        for seconds in (9223372036854775, 9223372036854775807)], "a timeout of {}", needs=martlet_only)
def endless(context, kind, seconds):
    context.run("true", change=hooks(**{kind: {"path": "/bin/true", "timeout": seconds}}))


@case("a createContainer hook is root in the container's user namespace", needs=martlet_only)
def mapped_hook(context):
    folder, volume = shared(context)
    folder.chmod(0o777)
    script = f"id -u > {folder}/id; grep CapEff /proc/self/status >> {folder}/id"
    context.run("true", change=both(MAPPED, volume, hooks(createContainer=hook(script))))
    matches(r"^0\nCapEff:\t000001ffffffffff$", (folder / "id").read_text())
