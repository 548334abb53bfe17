"""What each command prints, its exit codes and its error texts."""
from harness import *

ID = r"[A-Za-z0-9_+.-]+"


@case("--version names the runtime, its commit and the version of the specification")
def version(context):
    text = context.must("--version").text
    matches(rf"^{context.runtime.name} version \S+", text)
    matches(r"^commit: \S+", text)
    matches(r"^spec: 1\.\d+\.\d+", text)


@case("--help exits with 0 and lists the commands")
def usage(context):
    text = context.must("--help").text
    for command in "create start run exec kill delete state list ps pause resume spec features".split():
        check(re.search(rf"\b{command}\b", text) or command == "features" and not context.is_martlet, text)


@case("an unknown command fails")
def unknown_command(context):
    result = context.runtime.run("fly")
    check(result.code != 0 or not context.is_martlet, result.code)


@case("spec writes a configuration once and does not overwrite it")
def spec(context):
    folder = context.folder / "spec"
    folder.mkdir()
    context.must("spec", "--bundle", folder)
    config = json.loads((folder / "config.json").read_text())
    equal(config["process"]["args"], ["sh"])
    equal(config["root"], {"path": "rootfs", "readonly": True})
    matches(r"File config\.json exists\. Remove it first", context.must("spec", "--bundle", folder, code=1).message)


@case("the bundle that spec writes runs")
def spec_runs(context):
    name, bundle = context.bundle("true")
    (bundle.path / "config.json").unlink()
    context.must("spec", "--bundle", bundle.path)
    config = json.loads((bundle.path / "config.json").read_text())
    config["root"]["path"] = str(context.rootfs)
    config["process"].update(terminal=False, args=["true"])
    config["linux"]["cgroupsPath"] = oci.cgroups_path(f"{context.parent}/{name}")
    bundle.write(config)
    context.must("run", "--bundle", bundle.path, name)


@case("state prints the specification's keys")
def state(context):
    name = context.created(change=lambda config: config.update(annotations={"org.example.key": "value"}))
    text = context.must("state", name).text
    found = json.loads(text)
    for key in ("ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "owner", "annotations"):
        check(key in found, f"no {key} in {text}")
    equal((found["id"], found["status"]), (name, "created"))
    equal(found["annotations"], {"org.example.key": "value"})
    equal(found["bundle"], str(context.folder / f"b-{name}"))
    check(pathlib.Path(f"/proc/{found['pid']}").exists(), found["pid"])
    matches(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", found["created"])


@case("a stopped container's pid is 0")
def stopped_pid(context):
    name = context.started("true")
    context.await_status(name, "stopped")
    equal(json.loads(context.must("state", name).text)["pid"], 0)


@case("list prints a table, JSON, and identifiers only")
def listing(context):
    names = sorted([context.created(), context.started()])
    lines = context.must("list").text.splitlines()
    matches(r"^ID +PID +STATUS +BUNDLE +CREATED +OWNER", lines[0])
    equal(sorted(line.split()[0] for line in lines[1:]), names)
    equal(sorted(context.must("list", "--quiet").text.split()), names)
    found = json.loads(context.must("list", "--format", "json").text)
    equal(sorted(entry["id"] for entry in found), names)
    equal({entry["status"] for entry in found}, {"created", "running"})
    equal({entry["owner"] for entry in found}, {"root"})
    if context.is_martlet:
        (pathlib.Path(context.runtime.root) / "file").write_text("no container")
        result = context.must("list", "--quiet")
        equal((sorted(result.text.split()), result.message), (names, ""))
        (pathlib.Path(context.runtime.root) / "file").unlink()


@case("list of nothing is an empty array", needs=martlet_only)
def empty_listing(context):
    equal(context.must("list", "--format", "json").text.strip(), "[]")


@case("ps prints the container's processes", needs=tool("ps"))
def processes(context):
    name = context.started("sh", "-c", "sleep 1000 & wait")
    pid = context.runtime.state(name)["pid"]
    check(oci.wait_until(lambda: len(json.loads(context.must("ps", "--format", "json", name).text)) == 2), "processes")
    check(pid in json.loads(context.must("ps", "--format", "json", name).text), pid)
    matches(r"^UID +PID", context.must("ps", name).text)
    matches(rf"^ *{pid} sleep|^ *{pid} sh", context.must("ps", name, "-o", "pid,comm").text)


@case("features prints what the runtime knows", needs=martlet_only)
def features(context):
    found = json.loads(context.must("features").text)
    for key in ("ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux"):
        check(key in found, key)
    equal(sorted(found["linux"]["namespaces"]), ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"])
    check("SCMP_ACT_ERRNO" in found["linux"]["seccomp"]["actions"], found["linux"]["seccomp"])


@case("plan prints the compiled plan and touches nothing", needs=martlet_only)
def plan(context):
    _, bundle = context.bundle("true")
    before = oci.mount_table()
    matches(r"(?i)mount", context.must("plan", bundle.path).text)
    equal(oci.mount_table(), before)
    check(not pathlib.Path(context.runtime.root).exists() or not list(pathlib.Path(context.runtime.root).iterdir()),
          "plan left state")


MISSING = [(command, command, *extra) for command, *extra in
           (["state"], ["start"], ["kill"], ["delete"], ["pause"], ["resume"], ["ps"], ["exec", "true"])]


@cases(MISSING, "{} of a container that does not exist says so")
def missing(context, command, *extra):
    result = context.must(command, "nothing", *extra, code=255 if command == "exec" else 1)
    matches("container does not exist", result.message)


@case("delete --force of a container that does not exist succeeds")
def forced(context):
    context.must("delete", "--force", "nothing")


IDENTIFIERS = [("a slash", "a/b"), ("dots", ".."), ("one dot", "."), ("nothing", ""), ("a space", "a b"),
               ("2,000 characters", "x" * 2000), ("a newline", "a\nb"), ("no ASCII", "ä")]


@cases(IDENTIFIERS, "create refuses an identifier with {}")
def identifier(context, text):
    _, bundle = context.bundle("true")
    result = context.must("create", "--bundle", bundle.path, text, code=1)
    check(result.message, "no message")
    equal(result.message.count("\n"), 0) if context.is_martlet else None


@case("a second container with the same identifier is refused")
def twice(context):
    name = context.created()
    bundle = context.folder / f"b-{name}"
    matches("exist", context.must("create", "--bundle", bundle, name, code=1).message)
    equal(context.status(name), "created")


@case("the log of a failure is one JSON object with level and message")
def json_log(context):
    log = context.folder / "log.json"
    _, bundle = context.bundle("/no/such/command")
    oci.bounded([context.runtime.path, "--root", context.runtime.root, "--log", str(log), "--log-format", "json",
                 "run", "--bundle", str(bundle.path), "logged"])
    lines = log.read_text().splitlines()
    if context.is_martlet:
        equal(len(lines), 1)
    entry = json.loads(lines[-1])
    equal(entry["level"], "error")
    matches(r"/no/such/command.*no such file or directory", entry["msg"])
    check("time" in entry, entry)


@case("--cgroup-manager chooses the driver, and knows no other", needs=not_systemd)
def cgroup_manager(context):
    name, bundle = context.bundle("true")
    options = [context.runtime.path, "--root", context.runtime.root, "--cgroup-manager"]
    equal(oci.bounded([*options, "cgroupfs", "run", "--bundle", str(bundle.path), name]).code, 0)
    bundle.config["linux"].pop("resources", None)
    bundle.config["linux"].pop("cgroupsPath", None)
    bundle.config["process"]["args"] = ["cat", "/proc/self/cgroup"]
    bundle.write(bundle.config)
    result = oci.bounded([*options, "disabled", "run", "--bundle", str(bundle.path), name])
    equal((result.code, result.text), (0, pathlib.Path("/proc/self/cgroup").read_text()))
    # As Podman writes it: rules for devices, which nobody keeps, and nothing else.
    bundle.config["linux"]["resources"] = {"devices": [{"allow": False, "access": "rwm"}]}
    bundle.config["process"]["args"] = ["sleep", "1000"]
    bundle.config["linux"]["namespaces"] = [entry for entry in bundle.config["linux"]["namespaces"]
                                            if entry["type"] != "pid"]
    bundle.write(bundle.config)
    for end in (["kill", name, "KILL"], ["kill", "--all", name, "KILL"], ["delete", "--force", name]):
        equal(oci.bounded([*options, "disabled", "run", "--detach", "--bundle", str(bundle.path), name]).code, 0)
        context.must(*end)
        if end[0] == "kill":
            context.await_status(name, "stopped")
            context.must("delete", name)
        equal(context.status(name), None)
    bundle.config["linux"]["resources"]["pids"] = {"limit": 5}
    bundle.write(bundle.config)
    matches("not supported", oci.bounded([*options, "disabled", "run", "--bundle", str(bundle.path), name]).message)
    matches("--cgroup-manager", oci.bounded([*options, "none", "run", "--bundle", str(bundle.path), name]).message)


@case("the pid file holds the pid without a newline")
def pid_file(context):
    name, bundle = context.bundle("sleep", "1000")
    file = context.folder / "pid"
    context.must("create", "--bundle", bundle.path, "--pid-file", file, name)
    equal(file.read_text(), str(context.runtime.state(name)["pid"]))


@case("a root that does not exist lists nothing or says so, without a trace")
def no_root(context):
    result = oci.bounded([context.runtime.path, "--root", str(context.folder / "void"), "list"])
    check(result.code in (0, 1), result.message)


@case("an unknown log format is refused")
def log_format(context):
    result = oci.bounded([context.runtime.path, "--log-format", "xml", "list"])
    equal(result.code, 1)
    matches("log-format", result.message)


CONFIGURATIONS = [
    ("an unknown key", '{\n  // a comment\n  "cgroupManager": "auto",\n  "nothing": 1\n}', "nothing", 4),
    ("an unknown value", '{\n\n"cgroupManager": "zookeeper"}', "zookeeper", 3),
    ("a value of another type", '{"intelRdt":\n 7}', "intelRdt", 1),
    ("a relative log", '{ /* several\n lines */ "log": "log"}', "log", 2),
    ("no JSON", '{\n"log": }', "", 2),
    ("no object", "[]", "object", None),
]


@cases(CONFIGURATIONS, "the host's configuration with {} is an error that names key and line", needs=martlet_only)
def host_configuration(context, text, key, line):
    file = context.folder / "martlet.json"
    file.write_text(text)
    name, bundle = context.bundle("true")
    argv = [context.runtime.path, "--root", context.runtime.root]
    by_option = oci.bounded([*argv, "--config", str(file), "run", "--bundle", str(bundle.path), name])
    by_variable = oci.bounded([*argv, "run", "--bundle", str(bundle.path), name],
                              env={**os.environ, "MARTLET_CONFIG": str(file)})
    for result in (by_option, by_variable):
        equal(result.code, 1)
        check(str(file) in result.message and key in result.message, result.message)
        if line:
            matches(rf"line {line}\b|:{line}\b", result.message)
        equal(result.message.count("\n"), 0)


@case("the host's configuration that is named must exist, and one with comments is read", needs=martlet_only)
def named_configuration(context):
    file = context.folder / "martlet.json"
    file.unlink(missing_ok=True)
    name, bundle = context.bundle("true")
    argv = [context.runtime.path, "--root", context.runtime.root, "--config", str(file), "run", "--bundle",
            str(bundle.path), name]
    matches(re.escape(str(file)), oci.bounded(argv).message)
    file.write_text('// how this host runs containers\n{"cgroupManager": "cgroupfs", /* none */ "seccompCache": false}\n')
    equal(oci.bounded(argv).code, 0)


@case("log and configuration named by relative paths are those of the directory the command began in",
      needs=martlet_only)
def relative_files(context):
    folder = context.folder / "here"
    folder.mkdir(exist_ok=True)
    name, bundle = context.bundle("/no/such/program")
    argv = [context.runtime.path, "--root", context.runtime.root, "--log", "log", "run", "--bundle",
            str(bundle.path), name]
    oci.bounded(argv, cwd=folder)
    matches("/no/such/program", (folder / "log").read_text())
    equal((bundle.path / "log").exists(), False)
    (folder / "host.json").write_text('{"cgroupManager": "none"}')
    argv[3:5] = ["--config", "host.json"]
    matches("cgroupManager", oci.bounded(argv, cwd=folder).message)
    matches("cgroupManager", oci.bounded(argv[:3] + argv[5:], cwd=folder,
                                         env={**os.environ, "MARTLET_CONFIG": "host.json"}).message)


@case("the log of the host's configuration is used unless the command line names one", needs=martlet_only)
def configured_log(context):
    file, log = context.folder / "martlet.json", context.folder / "host.log"
    file.write_text(json.dumps({"log": str(log)}))
    name, bundle = context.bundle("/no/such/program")
    oci.bounded([context.runtime.path, "--root", context.runtime.root, "--config", str(file), "run", "--bundle",
                 str(bundle.path), name])
    matches("/no/such/program", log.read_text())
    oci.bounded([context.runtime.path, "--config", str(file), "state", "nobody"])
    matches("state failed: container does not exist", log.read_text())
