"""What a container may do to its cgroups, and to what shares its namespaces, is no harm to others."""
import contextlib

from changes import *
from harness import *

CGROUP = both(namespaces({"type": "cgroup"}), lambda config: config["mounts"].__setitem__(-1, {
    "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev"]}))
# Where cgroups can be made: a hierarchy of version 1, or the tree of version 2.
ENTER = "cd /sys/fs/cgroup/pids 2>/dev/null || cd /sys/fs/cgroup || exit 9;"


def inside(context, name, script):
    result = context.runtime.run("exec", name, "sh", "-c", ENTER + script)
    check(result.code == 0, f"exit {result.code}: {result.message}")
    return result.text


@case("cgroups: names that are no text neither hide processes nor stay", needs=martlet_only)
def odd_names(context):
    name = context.started(change=CGROUP)
    inside(context, name, "mkdir \"$(printf 'a\\377\\376b')\" \"$(printf 'a\\377\\376b/\\200')\" || exit 8;"
           "sleep 1000 & echo $! > \"$(printf 'a\\377\\376b/\\200')\"/cgroup.procs")
    pids = json.loads(context.must("ps", "--format", "json", name).text)
    check(len(pids) == 2, f"{len(pids)} processes are seen")
    context.must("delete", "--force", name)


@case("cgroups: a nest that no path can name is removed", needs=martlet_only)
def deep_nest(context):
    name = context.started(change=CGROUP)
    inside(context, name, "n=$(printf '%0200d' 0); for i in $(seq 30); do mkdir $n && cd -P $n || exit 8; done;"
           "sleep 1000 & echo $! > cgroup.procs")
    equal(len(json.loads(context.must("ps", "--format", "json", name).text)), 2)
    context.must("delete", "--force", name)


# What of each process can be looked into, by a container's root with CAP_SYS_PTRACE: its first process (1), which is
# as it should be, and any other that is there before and that the shell did not start.
LOOK = ("for p in $(cd /proc; ls -d [0-9]*); do [ $p = $$ ] && continue; "
        "readlink /proc/$p/exe >/dev/null 2>&1 && echo $p exe; ls /proc/$p/root/ >/dev/null 2>&1 && echo $p root; "
        "dd if=/proc/$p/mem bs=1 count=0 2>/dev/null && echo $p mem; done; true")


@case("a neighbour in a user namespace and a process namespace cannot look into a container that is being made",
      needs=martlet_only)
def no_look(context):
    tracing = capabilities(**{kind: ["SYS_PTRACE", "DAC_OVERRIDE", "DAC_READ_SEARCH"] for kind in ("bounding", "effective", "permitted")})
    first = context.started(change=both(MAPPED, tracing))
    pid = context.runtime.state(first)["pid"]
    shared = [{"type": kind, "path": f"/proc/{pid}/ns/{kind}"} for kind in ("user", "pid")]
    seen = context.folder / "seen"
    # While the hook runs the process waits, with the host's mounts still at hand.
    words = [*context.runtime.argv("exec", first, "sh", "-c", f"echo there: $(ls -d /proc/[0-9]* | wc -l); {LOOK}")]
    hook = {"path": "/bin/sh", "args": ["sh", "-c", f'exec "$@" >{seen} 2>&1', "sh", *words]}
    change = both(namespaces(*shared, without=("pid",)), top(hooks={"createRuntime": [hook]}))
    second = context.created(change=change)
    lines = seen.read_text().splitlines()
    check({"1 exe", "1 root", "1 mem"} <= set(lines), f"the neighbour sees too little to say anything: {lines}")
    there = int(lines[0].split()[-1])
    check(there >= 3, f"the new process is not there: {lines}")
    equal([line for line in lines[1:] if not line.startswith("1 ")], [])
    context.must("delete", "--force", second)


def unified(context):
    """A need: a tree of cgroup v2 with a controller that no hierarchy of version 1 has."""
    for place in oci.mount_points("cgroup2"):
        if (place / "cgroup.controllers").read_text().split():
            return martlet_only(context)
    return "no controller of cgroup v2"


@case("exec goes where the container's first process is, once cgroups below take the processes", needs=unified)
def exec_below(context):
    name = context.started()
    pid = context.runtime.state(name)["pid"]
    cgroup = json.loads((pathlib.Path(context.runtime.root) / name / "state.json").read_text())["cgroup_paths"][""]
    cgroup, [root] = pathlib.Path(cgroup), oci.mount_points("cgroup2")[-1:]
    # A controller of threads would not keep processes out.
    kind = [name for name in (root / "cgroup.controllers").read_text().split()
            if name not in ("cpuset", "cpu", "pids", "perf_event")][0]
    inner = cgroup / "init.scope"
    inner.mkdir()
    (inner / "cgroup.procs").write_text(str(pid))
    places, before = [*reversed(cgroup.parents), cgroup], (root / "cgroup.subtree_control").read_text().split()
    try:
        for place in places:
            if place == root or root in place.parents:
                (place / "cgroup.subtree_control").write_text(f"+{kind}")
        seen = context.must("exec", name, "cat", "/proc/self/cgroup").text
        check(any(line.startswith("0::") and line.endswith("/init.scope") for line in seen.splitlines()), seen)
        # Where the first process is elsewhere, nothing leads out of the container's cgroup.
        (root / "cgroup.procs").write_text(str(pid))
        result = context.must("exec", name, "true", code=255)
        matches("(?i)resource busy", result.message)
    finally:
        for place in reversed(places):
            # Others may be using it meanwhile.
            with contextlib.suppress(OSError):
                if kind not in before and (place == root or root in place.parents):
                    (place / "cgroup.subtree_control").write_text(f"-{kind}")
    context.must("delete", "--force", name)


@case("a cgroup that a stopped container left is its next holder's", needs=not_systemd)
def taken_over(context):
    change = namespaces(without=("pid",))
    first = context.started("true", change=change)
    context.await_status(first, "stopped")
    place = f"{context.parent}/{first}"
    second = context.started(change=both(change, linux(cgroupsPath=place)))
    pid = context.runtime.state(second)["pid"]
    equal(context.must("ps", "--format", "json", first).text.strip(), "null")
    context.runtime.run("kill", "--all", first, "KILL")
    equal(context.must("delete", "--force", first, timeout=5).message, "")
    equal(context.status(second), "running")
    equal(json.loads(context.must("ps", "--format", "json", second).text), [pid])
    context.must("delete", "--force", second)
    equal(oci.cgroups(place), [])
