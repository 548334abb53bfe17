"""What people ask for: `check`, colours."""
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
    check(not os.path.exists(context.runtime.root), "it made something")


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
