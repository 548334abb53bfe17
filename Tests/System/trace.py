"""`--trace`: what it tells of a start, and that it changes nothing about it."""
from changes import both, linux, namespaces
from harness import *

STAMPS = {"clock_gettime", "gettimeofday", "time"}


def traced(context, command, *args, change=None, code=0, options=()):
    """A command's trace, as JSON, and its result."""
    path = context.folder / f"trace-{context.number}.json"
    name, bundle = context.bundle(*args, change=change)
    result = context.runtime.run(command, "--trace", path, *options, "--bundle", bundle.path, name)
    check(result.code == code and not result.hung, f"exit {result.code}: {result.message}")
    return json.loads(path.read_text()), result


def spans(trace, category):
    return [event for event in trace["traceEvents"] if event.get("cat") == category]


def in_order(trace):
    """Every span ends where or before the next of its process and kind begins."""
    for category in ("birth", "step"):
        found = spans(trace, category)
        for event, following in zip(found, found[1:]):
            if event["pid"] == following["pid"]:
                check(event["ts"] + event["dur"] <= following["ts"] + 0.01, f"{event} overlaps {following}")
    check(all(event["ts"] >= 0 and event["dur"] >= 0 for event in trace["traceEvents"] if event["ph"] == "X"), trace)


def steps_of(context, name_of_last, trace):
    """The steps are numbered without a gap, the last one is that, and each names its place."""
    steps = spans(trace, "step")
    equal([step["args"]["step"] for step in steps], list(range(len(steps))))
    equal(steps[-1]["name"], name_of_last)
    check(any(step["args"]["origin"].startswith("/mounts/") for step in steps), steps)
    check(all(step["args"]["effect"] for step in steps), steps)


@case("a trace of run tells every step of the process, up to its program", needs=martlet_only)
def of_run(context):
    trace, result = traced(context, "run", "sh", "-c", "echo out; exit 7", code=7)
    equal(result.text, "out\n")
    steps_of(context, "execute", trace)
    in_order(trace)
    names = [event["name"] for event in spans(trace, "birth")]
    equal(names[0], "born")
    equal(names[-3:], ["execute the init stage", "wait for the plan", "read the plan"])
    for category, name in (("phase", "compile"), ("phase", "encode"), ("call", "ProcessSpawner.spawn"), ("call", "StateStore.begin")):
        check(any(event["name"] == name for event in spans(trace, category)), f"no {name}")


@case("a trace of create ends where the process waits for start", needs=martlet_only)
def of_create(context):
    trace, _ = traced(context, "create", "sleep", "1000")
    steps_of(context, "awaitStart", trace)
    in_order(trace)
    name = f"s{context.number}"
    context.must("start", name)
    context.await_status(name, "running")


@case("a start that fails leaves a trace that names the step", needs=martlet_only)
def of_failure(context):
    trace, result = traced(context, "run", "true", code=1, change=lambda config: config["mounts"].append(
        {"destination": "/tmp", "type": "nosuchfilesystem", "source": "x"}))
    failed = [step for step in spans(trace, "step") if "failure" in step["args"]]
    equal(len(failed), 1)
    equal(failed[0], spans(trace, "step")[-1])
    matches(r"^/mounts/\d+$", failed[0]["args"]["origin"])
    check(trace["otherData"]["failure"] in result.message.replace('\\"', '"'), result.message)


@case("a trace of a bundle that cannot be read is valid", needs=martlet_only)
def of_bad_bundle(context):
    path = context.folder / "trace-bad.json"
    result = context.runtime.run("run", "--trace", path, "--bundle", context.folder / "nowhere", "bad")
    equal(result.code, 1)
    check("failure" in json.loads(path.read_text())["otherData"], path.read_text())


@case("a trace survives a filter that kills whoever asks for the time", needs=martlet_only)
def under_filter(context):
    change = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW",
                            "syscalls": [{"names": sorted(STAMPS), "action": "SCMP_ACT_KILL_PROCESS"}]})
    for privileges in (True, False):
        filtered = both(change, lambda config, value=privileges: config["process"].update(noNewPrivileges=value))
        trace, _ = traced(context, "run", "true", change=filtered)
        in_order(trace)
        check(any(step["name"] == "installSeccompFilter" for step in spans(trace, "step")), "no filter")


@case("a trace is not shifted by a time namespace", needs=martlet_only)
def in_time_namespace(context):
    if not pathlib.Path("/proc/self/ns/time").exists():
        raise Skip("there are no time namespaces")
    change = both(namespaces({"type": "time"}), linux(timeOffsets={"monotonic": {"secs": 1000000}, "boottime": {"secs": 1000000}}))
    trace, _ = traced(context, "run", "true", change=change)
    steps_of(context, "execute", trace)
    check(all(event["ts"] < 600e6 for event in trace["traceEvents"] if event["ph"] == "X"), "shifted")


@case("a traced process has no more descriptors and no more environment than another", needs=martlet_only)
def unchanged(context):
    script = "ls /proc/self/fd; env | sort; grep -c . /proc/self/maps > /dev/null; grep timeline /proc/1/maps; true"
    _, result = traced(context, "run", "sh", "-c", script)
    plain = context.shell(script)
    equal(result.text, plain)


@case("a trace in a user namespace tells of the meeting with the parent", needs=martlet_only)
def in_user_namespace(context):
    mapping = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    change = both(namespaces({"type": "user"}), linux(uidMappings=mapping, gidMappings=mapping))
    context.rootfs.chmod(0o755)
    trace, _ = traced(context, "run", "true", change=change)
    steps_of(context, "execute", trace)
    in_order(trace)


@case("hooks and further processes of a start are in its trace", needs=martlet_only)
def with_hooks(context):
    hooks = {"createRuntime": [{"path": "/bin/true"}], "startContainer": [{"path": "/bin/true"}], "poststart": [{"path": "/bin/true"}]}
    trace, _ = traced(context, "run", "true", change=lambda config: config.update(hooks=hooks))
    equal([event["args"]["detail"] for event in spans(trace, "call") if event["name"] == "HookRunner.run"], ["/bin/true"] * 2)
    equal(len({step["pid"] for step in spans(trace, "step")}), 2)  # the hook startContainer is a process of the container


@case("the file of a trace is emptied first, and one that cannot be made is an error", needs=martlet_only)
def file_of_trace(context):
    path = context.folder / "trace-old.json"
    path.write_text("x" * 1000000)
    name, bundle = context.bundle("true")
    context.must("run", "--trace", path, "--bundle", bundle.path, name)
    json.loads(path.read_text())
    result = context.runtime.run("run", "--trace", context.folder / "no/such/folder", "--bundle", bundle.path, "other")
    equal(result.code, 1)
    matches(r"no/such/folder: no such file or directory", result.message)
