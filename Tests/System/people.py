"""What people ask for: `check`, colours."""
import fcntl

from changes import linux
from harness import *


def checked(context, *arguments, code=0, **how):
    """The answers of `check` as JSON, by name."""
    result = context.must("check", "--format", "json", *arguments, code=code, **how)
    found = json.loads(result.text)
    equal(found["canRun"], code == 0)
    return {answer["name"]: answer for answer in found["checks"]}


def on_terminal(argv, env=None):
    """What a command writes to a terminal of its own, and its exit code."""
    with Terminal(["env", *(f"{name}={value}" for name, value in (env or {}).items()), *map(str, argv)]) as terminal:
        code = terminal.end()
        while terminal.take():
            pass
        return terminal.seen.decode(errors="replace"), code


@case("check says that this host can run containers, line by line", needs=martlet_only)
def of_host(context):
    text = context.must("check").text
    matches(r"^  ok +user +root$", text)
    matches(r"^  ok +driver +\w+: ", text)
    matches(r"^This host can run containers\.", text.splitlines()[-1])
    check("\x1b" not in text, text)
    answers = checked(context)
    for name in ("openat2", "clone3", "mount_setattr", "landlock", "time", "layout", "memory", "filters", "criu", "resctrl", "RLIMIT_NOFILE"):
        check(name in answers, f"no {name}")
    check(all(answer["remedy"] or answer["status"] == "ok" for answer in answers.values()), answers)
    # Cases before this one may have made the root; what it holds besides containers begins with @.
    names = os.listdir(context.runtime.root) if os.path.isdir(context.runtime.root) else []
    equal([name for name in names if not name.startswith("@")], [])


@case("check of a bundle that runs", needs=martlet_only)
def of_bundle(context):
    _, bundle = context.bundle("true")
    answers = checked(context, "--bundle", bundle.path)
    equal(answers["config.json"]["status"], "ok")
    equal(checked(context, bundle.path), answers)



UNMET = [
    ("descriptors", lambda config: config["process"].update(rlimits=[{"type": "RLIMIT_NOFILE", "hard": 1 << 40, "soft": 1}]), "/process/rlimits/0"),
    ("an invalid place", lambda config: config["process"].update(cwd="relative"), "/process/cwd"),
    ("no root", lambda config: config["root"].update(path="/nonexistent-root"), "/root/path"),
    ("a profile without its module", lambda config: config["process"].update(selinuxLabel="x:y:z"), "/process/selinuxLabel"),
    ("an unknown type", lambda config: config["process"].update(cwd=7), "config.json"),
]


@cases(UNMET, "check names what a bundle wants in vain: {}", needs=martlet_only)
def unmet(context, change, name):
    if name.endswith("selinuxLabel") and pathlib.Path("/sys/fs/selinux").exists():
        raise Skip("SELinux is there")
    _, bundle = context.bundle("true", change=change)
    answers = checked(context, "--bundle", bundle.path, code=1)
    check(answers[name]["status"] != "ok" and answers[name]["need"] == "required", answers[name])
    result = context.must("check", bundle.path, code=1)
    matches(rf"^This host cannot run this bundle: .*{re.escape(name)}", result.text.splitlines()[-1])


@case("check says what chose the driver of cgroups", needs=martlet_only)
def of_driver(context):
    def reason(*options, change=None):
        _, bundle = context.bundle("true", change=change)
        result = context.runtime.run(*options, "check", "--format", "json", bundle.path)
        return next(answer["detail"] for answer in json.loads(result.text)["checks"] if answer["name"] == "driver")

    if oci.DRIVER != "systemd":  # else the harness chooses
        matches(r"^cgroupfs: auto, since cgroupsPath \"/.*\" is not of the form", reason())
        unit = reason(change=linux(cgroupsPath="system.slice:martlet:x"))
        wanted = "systemd: auto" if pathlib.Path("/run/systemd/system").is_dir() else "cgroupfs: auto, since systemd is not the first process"
        check(unit.startswith(wanted), unit)
    equal(reason("--cgroup-manager", "disabled"), "disabled: the command line says so")
    file = context.folder / "martlet.json"
    file.write_text('{"cgroupManager": "disabled"}')
    if oci.DRIVER != "systemd":
        equal(reason("--config", file), "disabled: the host's configuration says so")


@case("check works as an ordinary user, and says that root is needed", needs=martlet_only)
def as_user(context):
    if not shutil.which("setpriv"):
        raise Skip("setpriv is not installed")
    program = context.folder / "martlet"
    shutil.copy(context.runtime.path, program)
    result = oci.bounded(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--root", "/nonexistent/state", "check"])
    equal(result.code, 1)
    matches(r"^  unusable +user +user 65534$", result.text)
    matches(r"^  ok +openat2", result.text)
    matches(r"^This host cannot run containers: user", result.text.splitlines()[-1])


@case("check sees a call that a filter takes away", needs=martlet_only)
def behind_filter(context):
    program = context.rootfs / "martlet-under-test"
    shutil.copy(context.runtime.path, program)
    try:
        def change(config):
            config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                {"names": ["openat2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
                {"names": ["mount_setattr"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
        result = context.run("/martlet-under-test", "check", change=change, code=None)
    finally:
        program.unlink()
    matches(r"^  missing +openat2 ", result.text)
    matches(r"^  unusable +mount_setattr ", result.text)
    check(result.code in (0, 1), result.message)


@case("check has colours on a terminal alone, and not with NO_COLOR", needs=martlet_only)
def coloured(context):
    argv = context.runtime.argv("check")
    text, code = on_terminal(argv, {"TERM": "xterm"})
    check("\x1b[32mok\x1b[0m" in text and code == 0, text)
    for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        text, code = on_terminal(argv, env)
        check("\x1b" not in text and code == 0, text)


@case("check refuses a format that it does not know", needs=martlet_only)
def format_of_check(context):
    context.must("check", "--format", "xml", code=1)


@case("plan explains a document place by place, every step once", needs=martlet_only)
def of_plan(context):
    _, bundle = context.bundle("true")
    text = context.must("plan", bundle.path).text
    check("\x1b" not in text, text)
    for pattern in (r"\Aborn with the process\n", r"^ +-  new namespaces", r"^ +-  cgroup: ", r"^/mounts/0\n +\d+  mount proc",
                    r"^for every container$", r"^/process/args\n +\d+  find"):
        matches(pattern, text)
    steps = json.loads(context.must("plan", "--format", "json", bundle.path).text)["steps"]
    numbers = sorted(int(number) for number in re.findall(r"^ +(\d+)  ", text, re.M))
    equal(numbers, list(range(len(steps))))


@case("plan shows a document's names without what commands a terminal", needs=martlet_only)
def plan_is_escaped(context):
    _, bundle = context.bundle("true", change=lambda config: config.update(hostname="a\x1b[31mb"))
    text = context.must("plan", bundle.path).text
    check("\x1b" not in text and "[31mb" in text, text)


def waits(argv, path, line):
    """A command on a terminal that waits until a file is there: what it shows meanwhile, and its exit code."""
    with Terminal(["env", "TERM=xterm", "NO_COLOR=1", *map(str, argv)]) as terminal:
        terminal.read(line)
        path.touch()
        code = terminal.end()
        while terminal.take():
            pass
        return terminal.seen.decode(errors="replace"), code


def slow_hook(context, kind):
    """A bundle with a hook that ends when a file is there."""
    path = context.folder / f"go-{kind}"
    script = f"while [ ! -e {path} ]; do sleep 0.1; done"
    hooks = {kind: [{"path": "/bin/sh", "args": ["sh", "-c", script]}]}
    name, bundle = context.bundle("true", change=lambda config: config.update(hooks=hooks))
    return name, bundle, path


@case("a hook that takes long is named on the terminal, and the line wiped off", needs=martlet_only)
def long_hook(context):
    name, bundle, path = slow_hook(context, "createRuntime")
    text, code = waits(context.runtime.argv("run", "--bundle", bundle.path, name), path, "waiting for hook /bin/sh")
    equal(code, 0)
    check("\r\x1b[K" in text.split("waiting for hook /bin/sh", 1)[1], text)


@case("a lock that takes long is named on the terminal", needs=martlet_only)
def long_lock(context):
    name = context.created()
    held = os.open(os.path.join(context.runtime.root, name), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with Terminal(["env", "TERM=xterm", *context.runtime.argv("delete", "--force", name)]) as terminal:
            terminal.read(f"waiting for the lock of container {name}")
            fcntl.flock(held, fcntl.LOCK_UN)
            equal(terminal.end(), 0)
    finally:
        os.close(held)


@case("nothing is said of a wait where standard error is no terminal", needs=martlet_only)
def silent_waits(context):
    name, bundle, path = slow_hook(context, "createRuntime")
    argv = context.runtime.argv("run", "--bundle", bundle.path, name)
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            child.wait(1.5)
        except subprocess.TimeoutExpired:
            pass
        path.touch()
        equal(child.wait(20 * oci.PATIENCE), 0)
        errors.seek(0)
        equal(errors.read(), b"")
