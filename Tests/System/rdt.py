"""Classes of service and monitoring groups, on machines that a file system plays."""
import contextlib

from harness import *
import resctrl


def playable(context):
    """A need: machines can be played here, for this runtime."""
    if not context.is_martlet:
        return f"{context.runtime.name} takes no other file system for resctrl"
    return None if os.path.exists("/dev/fuse") else "there is no /dev/fuse"


@contextlib.contextmanager
def machine(context, shape, configuration=None):
    """A machine of a shape, which the host's configuration names. What is left of containers is wrong."""
    place = tempfile.mkdtemp(prefix="martlet-rdt-")
    file = context.folder / "martlet.json"
    file.write_text(json.dumps({"intelRdt": {"mount": place, "unverified": True} if configuration is None
                                else configuration}))
    os.environ["MARTLET_CONFIG"] = str(file)
    try:
        with resctrl.Double(shape, place) as played:
            oci.RUNNING.add(played.process.pid)
            before = played.groups()
            yield played
            left = context.after_case()
            check(not left, f"left: {left}")
            equal([group for group in played.groups() if group not in before and "shared" not in group], [])
            oci.RUNNING.discard(played.process.pid)
    finally:
        del os.environ["MARTLET_CONFIG"]
        with contextlib.suppress(OSError):
            os.rmdir(place)


def rdt(**values):
    def change(config):
        config["linux"]["intelRdt"] = values
    return change


def refused(context, pattern, **values):
    """What is wrong when a container asks for this."""
    name, bundle = context.bundle("true", change=rdt(**values))
    result = context.runtime.run("create", "--bundle", bundle.path, name)
    check(result.code == 1, f"exit {result.code}: {result.message}")
    matches(pattern, result.message.replace('\\"', '"'))
    check(not context.runtime.state(name), "there is a container")


def recorded(context, name):
    return json.loads((pathlib.Path(context.runtime.root) / name / "state.json").read_text())


def pid(context, name):
    return str(context.runtime.state(name)["pid"])


@case("rdt: a class of the container's own comes and goes with it", needs=playable)
def own(context):
    with machine(context, "cat") as played:
        name = context.created(change=rdt(l3CacheSchema="L3:0=f;1=ff", memBwSchema="MB:0=20", enableMonitoring=True))
        equal(played.groups(), [name, f"{name}/mon_groups/{name}"])
        matches(r"L3:0=00f;1=0ff", played.read(f"{name}/schemata"))
        matches(r"MB:0=  20;1= 100", played.read(f"{name}/schemata"))
        for file in (f"{name}/tasks", f"{name}/mon_groups/{name}/tasks"):
            check(pid(context, name) in played.read(file).split(), f"{file}: {played.read(file)}")
        state = recorded(context, name)
        equal(state["intel_rdt_path"], f"{played.path}/{name}")
        equal(state["intel_rdt_mon_path"], f"{played.path}/{name}/mon_groups/{name}")
        context.must("start", name)
        del os.environ["MARTLET_CONFIG"]  # later commands know where the groups are
        context.must("exec", "--detach", "--pid-file", context.folder / "pid", name, "sleep", "1000")
        process = (context.folder / "pid").read_text()
        check(process in played.read(f"{name}/mon_groups/{name}/tasks").split(), "exec is not in the group")
        context.must("delete", "--force", name)
        equal(played.groups(), [])
        os.environ["MARTLET_CONFIG"] = str(context.folder / "martlet.json")


@case("rdt: run removes what it made, also when the program or a hook fails", needs=playable)
def runs(context):
    with machine(context, "cat") as played:
        context.run("true", change=rdt(enableMonitoring=True))
        equal(played.groups(), [])
        context.run("/nonexistent", change=rdt(schemata=["L3:0=f"]), code=None)
        equal(played.groups(), [])

        def failing(config):
            config["linux"]["intelRdt"] = {"closID": "brief", "schemata": ["L3:0=f"]}
            config["hooks"] = {"createRuntime": [{"path": "/bin/false"}]}
        context.run("true", change=failing, code=1)
        equal(played.groups(), [])


@case("rdt: a shared class is made, joined, compared, and stays", needs=playable)
def shared(context):
    with machine(context, "cat") as played:
        first = context.started(change=rdt(closID="shared", schemata=["L3:0=f;1=f0", "MB:0=15"]))
        equal(played.groups(), ["shared"])
        second = context.started(change=rdt(closID="shared", schemata=["MB:0=15", " L3: 1=0xf0 "], enableMonitoring=True))
        equal(played.groups(), ["shared", f"shared/mon_groups/{second}"])
        refused(context, r'"shared" exists and has other schemata: L3:0=ff is wanted, it has 00f', closID="shared",
                schemata=["L3:0=ff"])
        third = context.started(change=rdt(closID="shared"))
        check(pid(context, third) in played.read("shared/tasks").split(), "it has not joined")
        for name in (first, second, third):
            context.must("delete", "--force", name)
        equal(played.groups(), ["shared"])


@case("rdt: the default class, with a monitoring group", needs=playable)
def default(context):
    for shape in ("cat", "monitoring"):
        with machine(context, shape) as played:
            name = context.started(change=rdt(closID="/", enableMonitoring=True))
            equal(played.groups(), [f"mon_groups/{name}"])
            check(pid(context, name) in played.read(f"mon_groups/{name}/tasks").split(), "it is not in the group")
            equal(recorded(context, name)["intel_rdt_path"], str(played.path))


# shape, what the message says, what is asked for
REFUSALS = [
    ("cat", r'"gone" does not exist', {"closID": "gone"}),
    ("cat", r'"gone" does not exist', {"closID": "gone", "enableMonitoring": True}),
    ("cat", r"closID.*invalid intelRdt.ClosID", {"closID": "info"}),
    ("cat", r"closID.*invalid intelRdt.ClosID", {"closID": "../x"}),
    ("cat", r'"tasks" does not exist', {"closID": "tasks"}),
    ("cat", r'"tasks" exists already', {"closID": "tasks", "schemata": ["L3:0=f"]}),
    ("cat", r"/linux/intelRdt/schemata/1.*no line", {"schemata": ["L3:0=f", "L3"]}),
    ("cat", r"L3:0=5: the bits have to be next to each other", {"schemata": ["L3:0=5"]}),
    ("cat", r"L3:0=800: mask out of range; it has to be a part of 7ff", {"l3CacheSchema": "L3:0=800"}),
    ("cat", r"L3:7=f: no such domain on this host, which has 0, 1", {"l3CacheSchema": "L3:7=f"}),
    ("cat", r"MB:0=5: bandwidth out of range; it has to be 10 to 100 percent", {"memBwSchema": "MB:0=5"}),
    ("cat-only", r'no resource "MB" on this host, which has L3', {"memBwSchema": "MB:0=50"}),
    ("cat-only", r"no resctrl monitoring", {"closID": "/", "enableMonitoring": True}),
    ("cat-only", r"L3:0=1: at least 2 bit", {"schemata": ["L3:0=1"]}),
    ("cdp", r'no resource "L3" on this host, which has L3CODE, L3DATA', {"l3CacheSchema": "L3:0=f"}),
    ("locked", r'"locked" holds a locked part of a cache', {"closID": "locked"}),
    ("locked", r"CBM overlaps with pseudo-locked region", {"schemata": ["L3:1=3"]}),
    ("exclusive", r"Overlaps with exclusive group", {"schemata": ["L3:0=3"]}),
    ("eighths", r"MB value 2049 out of range", {"memBwSchema": "MB:0=2049"}),
    ("monitoring", r"mkdirat .*: operation not permitted", {}),
]


@case("rdt: what a machine cannot do is said, and nothing is left", needs=playable)
def refusals(context):
    for shape in dict.fromkeys(row[0] for row in REFUSALS):
        with machine(context, shape) as played:
            before = played.groups()
            for _, pattern, values in (row for row in REFUSALS if row[0] == shape):
                refused(context, pattern, **(values or {"closID": "", "enableMonitoring": True}))
                equal(played.groups(), before)


@case("rdt: no more classes than the processor has", needs=playable)
def exhausted(context):
    with machine(context, "few") as played:
        name = context.started(change=rdt(enableMonitoring=True))
        refused(context, r"no space for resctrl group .*: Out of CLOSIDs", schemata=["L3:0=f"])
        refused(context, r"no space for resctrl group .*: Out of RMIDs", closID="/", enableMonitoring=True)
        equal(played.groups(), [name, f"{name}/mon_groups/{name}"])


@case("rdt: a group of the container's name is not taken", needs=playable)
def taken(context):
    with machine(context, "cat") as played:
        name, bundle = context.bundle("true", change=rdt(enableMonitoring=True))
        (played.path / name).mkdir()
        result = context.runtime.run("create", "--bundle", bundle.path, name)
        matches("exists already", result.message)
        equal(played.groups(), [name])
        (played.path / name).rmdir()


@case("rdt: delete leaves a group alone that somebody made anew", needs=playable)
def anew(context):
    with machine(context, "cat") as played:
        name = context.started(change=rdt(schemata=["L3:0=f"]))
        (played.path / name).rmdir()
        (played.path / name).mkdir()
        result = context.runtime.run("exec", name, "true")
        matches("is gone", result.message)
        context.must("delete", "--force", name)
        equal(played.groups(), [name])
        (played.path / name).rmdir()


@case("rdt: update changes what is given, with the other limits or not at all", needs=playable)
def updates(context):
    with machine(context, "cat") as played:
        name = context.started(change=rdt(l3CacheSchema="L3:0=f;1=ff", schemata=["MB:0=20"]))
        context.must("update", "--l3-cache-schema", "L3:1=f0", "--mem-bw-schema", "MB:0=40", name)
        matches(r"L3:0=00f;1=0f0", played.read(f"{name}/schemata"))
        matches(r"MB:0=  40;1= 100", played.read(f"{name}/schemata"))
        equal(recorded(context, name)["config"]["linux"]["intelRdt"],
              {"schemata": ["L3:0=f;1=f0", "MB:0=40"]})
        before, state = played.read(f"{name}/schemata"), recorded(context, name)
        pids = [(place / "pids.max").read_text() for place in oci.cgroups(f"{context.parent}/{name}")
                if (place / "pids.max").exists()]
        result = context.runtime.run("update", "--pids-limit", "5", "--l3-cache-schema", "L3:0=5", name)
        check(result.code == 1, result.message)
        matches("next to each other", result.message)
        equal([(place / "pids.max").read_text() for place in oci.cgroups(f"{context.parent}/{name}")
               if (place / "pids.max").exists()], pids)
        equal((played.read(f"{name}/schemata"), recorded(context, name)), (before, state))
        bare = context.started()
        matches("has no intelRdt", context.runtime.run("update", "--l3-cache-schema", "L3:0=f", bare).message)
        host = context.started(change=rdt(closID="/"))
        matches("default class", context.runtime.run("update", "--l3-cache-schema", "L3:0=f", host).message)
        equal(played.read("schemata"), "L3:0=7ff;1=7ff\nMB:0= 100;1= 100\n")


@case("rdt: events show the share and the counters", needs=playable)
def statistics(context):
    with machine(context, "unavailable"):
        name = context.started(change=rdt(l3CacheSchema="L3:0=f", enableMonitoring=True))
        data = json.loads(context.must("events", "--stats", name).text)["data"]["intel_rdt"]
        equal(data, {
            "l3_cache_info": {"cbm_mask": "7ff", "min_cbm_bits": 1, "num_closids": 16},
            "l3_cache_schema_root": "L3:0=7ff;1=7ff", "l3_cache_schema": "L3:0=00f;1=7ff",
            "schemata": ["L3:0=00f;1=7ff"], "mbm_stats": [{"mbm_local_bytes": 3000}, {}],
            "cmt_stats": [{"llc_occupancy": 1000}, {"llc_occupancy": 1001}]})


# the host's configuration, and what a container that asks for a class is told
CONFIGURATIONS = [
    ({"mount": "/tmp"}, "/tmp is no resctrl file system"),
    ({"mount": "/nonexistent", "unverified": True}, "/nonexistent"),
    (False, "turned off"),
    ({"unverified": True}, "invalid value"),
]


@case("rdt: only the host's configuration takes another file system for resctrl", needs=playable)
def configured(context):
    for configuration, message in CONFIGURATIONS:
        with machine(context, "cat", configuration):
            refused(context, message, enableMonitoring=True)
            if isinstance(configuration, dict) and "mount" in configuration:
                context.run("true")  # nobody looks where nobody asks
