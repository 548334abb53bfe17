"""What a program inherits beside its credentials: scheduling, CPUs, memory policy, personality, labels, keyring."""
import resource

from changes import *
from harness import *

# policy, real-time priority and nice value, of the reader itself
PRESENT = [resource.getrlimit(number)[1] for number in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)]
STAT = "awk '{sub(/.*\\) /, \"\"); print $39, $38, $17}' /proc/self/stat"
CPUS = "awk '/Cpus_allowed_list/ {print $2}' /proc/self/status"
ALL_LIMITS = ["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING",
              "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"]


def online():
    """The CPUs that this process may use, sorted."""
    return sorted(os.sched_getaffinity(0))


def two_cpus(context):
    return None if len(online()) > 1 else "there is one CPU"


def numa(context):
    return None if os.path.exists("/proc/self/numa_maps") else "a kernel without NUMA"


def real_time(context):
    """A need: this machine lets root use real-time policies, in any cgroup."""
    if list(pathlib.Path("/sys/fs/cgroup").glob("*/cpu.rt_runtime_us")):
        return "cgroups have no real-time runtime unless they are given some"
    child = os.fork()
    if child == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except OSError:
            os._exit(1)
        os._exit(0)
    return None if os.waitpid(child, 0)[1] == 0 else "real-time policies are not permitted here"


# what it is, the change, a script, a pattern that its output has to match, a need
INHERITED = [
    ("nice value", process(scheduler={"policy": "SCHED_OTHER", "nice": 7}), STAT, "^0 0 7$", None),
    ("batch policy", process(scheduler={"policy": "SCHED_BATCH", "nice": 3}), STAT, "^3 0 3$", None),
    ("idle policy", process(scheduler={"policy": "SCHED_IDLE"}), STAT, "^5 0 ", None),
    ("round robin", process(scheduler={"policy": "SCHED_RR", "priority": 4}), STAT, "^2 4 ", real_time),
    ("first in, first out, reset on fork",
     process(scheduler={"policy": "SCHED_FIFO", "priority": 5, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}),
     f"read -r line </proc/$$/stat; set -- ${{line##*)}}; echo ${{39}} ${{38}}; {STAT}; true", "^1 5\n0 0 ", real_time),
    ("deadline", process(scheduler={"policy": "SCHED_DEADLINE", "runtime": 10000000, "deadline": 100000000,
                                    "flags": ["SCHED_FLAG_RESET_ON_FORK"]}),
     "read -r line </proc/$$/stat; set -- ${line##*)}; echo ${39}", "^6$", None),
    ("best-effort I/O", process(ioPriority={"class": "IOPRIO_CLASS_BE", "priority": 6}), "ionice -p $$",
     "best-effort: prio 6", None),
    ("idle I/O", process(ioPriority={"class": "IOPRIO_CLASS_IDLE"}), "ionice -p $$", "^idle", None),
    ("real-time I/O", process(ioPriority={"class": "IOPRIO_CLASS_RT", "priority": 2}), "ionice -p $$",
     "realtime: prio 2", None),
    ("personality of 32 bits", linux(personality={"domain": "LINUX32"}), "uname -m", "^(i686|armv8l|s390|ppc)", None),
    ("personality of this kernel", linux(personality={"domain": "LINUX"}), "uname -m", f"^{os.uname().machine}$", None),
    ("memory policy", linux(memoryPolicy={"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}),
     "cat /proc/self/numa_maps", "bind=static:0", numa),
    ("interleaved memory", linux(memoryPolicy={"mode": "MPOL_INTERLEAVE", "nodes": "0"}),
     "cat /proc/self/numa_maps", "interleave:0", numa),
    ("local memory", linux(memoryPolicy={"mode": "MPOL_LOCAL"}), "cat /proc/self/numa_maps", " local ", numa),
    ("memory policy within a cpuset",
     both(linux(memoryPolicy={"mode": "MPOL_BIND", "nodes": "0"}), resources(cpu={"mems": "0", "cpus": "0"})),
     "cat /proc/self/numa_maps", "bind:0", numa),
    ("execCPUAffinity is not for the first process",
     process(execCPUAffinity={"initial": str(online()[0]), "final": str(online()[-1])}), CPUS,
     r"^\d+[-,]\d+$", two_cpus),
    ("a process's properties with all privileges gone",
     process(user={"uid": 7, "gid": 7}, scheduler={"policy": "SCHED_OTHER", "nice": -5},
             ioPriority={"class": "IOPRIO_CLASS_RT"}, capabilities={}), f"{STAT}; ionice -p $$",
     "^0 0 -5\nrealtime: prio 0", None),
]

for title, change, script, pattern, need in INHERITED:
    case(f"inherited: {title}", need)(lambda context, change=change, script=script, pattern=pattern:
                                      matches(pattern, context.shell(script, change=change)))
    if "first process" not in title:
        case(f"inherited by exec: {title}", need)(
            lambda context, change=change, script=script, pattern=pattern:
            matches(pattern, context.must("exec", context.started(change=change), "sh", "-c", script).text))


def exec_file(context, name, **process):
    """Runs a whole process object in a container; what it printed."""
    path = context.folder / "process.json"
    settings = oci.default_config(**process)["process"]
    path.write_text(json.dumps(settings))
    return context.must("exec", "--process", str(path), name).text


@case("exec --process has properties of its own")
def exec_process(context):
    name = context.started(change=process(scheduler={"policy": "SCHED_BATCH"}))
    text = exec_file(context, name, args=["sh", "-c", STAT + "; ionice -p $$"],
                     scheduler={"policy": "SCHED_OTHER", "nice": 9},
                     ioPriority={"class": "IOPRIO_CLASS_BE", "priority": 1})
    matches("^0 0 9\nbest-effort: prio 1", text)


@case("exec on CPUs: before the cgroup, and in it", needs=two_cpus)
def affinity(context):
    first, last = online()[0], online()[-1]
    name = context.started()
    for wanted, setting in [(first, {"initial": str(first)}), (last, {"initial": str(first), "final": str(last)}),
                            (last, {"final": f"{last},1024-2000"})]:
        equal(exec_file(context, name, args=["sh", "-c", CPUS], execCPUAffinity=setting).strip(), str(wanted))
    equal(online(), sorted(os.sched_getaffinity(0)))


@case("exec on CPUs that there are not is refused", needs=martlet_only)
def missing_cpus(context):
    name = context.started()
    for setting in ({"initial": "60000"}, {"final": "60000"}):
        path = context.folder / "process.json"
        path.write_text(json.dumps({**oci.default_config("true")["process"], "execCPUAffinity": setting}))
        result = context.runtime.run("exec", "--process", str(path), name)
        check(result.code != 0 and "execCPUAffinity" in result.message, result.message)


@case("a runtime bound to one CPU does not bind a container with a cpuset", needs=two_cpus)
def unbound(context):
    before = os.sched_getaffinity(0)
    first, last = online()[0], online()[-1]
    change = resources(cpu={"cpus": f"{first},{last}"})
    try:
        os.sched_setaffinity(0, {first})
        name = context.started(change=change)
        text = context.must("exec", name, "sh", "-c", f"{CPUS}; awk '/Cpus_allowed_list/ {{print $2}}' /proc/1/status").text
    finally:
        os.sched_setaffinity(0, before)
    equal(len(set(text.split())), 1)
    check(text.split()[0] != str(first), text)


@case("all sixteen resource limits, for both kinds of process")
def limits(context):
    rows = []
    for number, name in enumerate(ALL_LIMITS):
        scale = 20 if name in ("DATA", "STACK", "RSS", "AS", "FSIZE") else 0  # what a shell needs to run at all
        # Only CAP_SYS_RESOURCE raises a limit, and not every machine's root has it.
        hard = [(60 + number) << scale, *(limit for limit in [PRESENT[number]] if limit >= 0)]
        rows.append({"type": f"RLIMIT_{name}", "soft": min((40 + number) << scale, *hard), "hard": min(hard)})
    change = process(rlimits=rows)
    script = "cat /proc/self/limits"
    name = context.started("sleep", "1000", change=change)
    for text in (context.shell(script, change=change), context.must("exec", name, "sh", "-c", script).text):
        seen = {tuple(re.split(r"\s{2,}", line)[1:3]) for line in text.splitlines()[1:]}
        equal(seen, {(str(row["soft"]), str(row["hard"])) for row in rows})


@case("the session keyring is new, named, and its owner may search it")
def keyring(context):
    change = both(linux(maskedPaths=[]), process(user={"uid": 0, "gid": 0}))
    name = context.started(change=change)
    rings = [line.split() for line in context.must("exec", name, "cat", "/proc/keys").text.splitlines()
             if f"_ses.{name}:" in line]
    check(rings, "no session keyring of the container's name")
    for ring in rings:
        equal(ring[4], "3f1b0000")  # possessor all; owner: view, read, search and link


@case("what is unknown or cannot be raised of capabilities is left out with a warning", needs=martlet_only)
def odd_capabilities(context):
    sets = {"bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_NEVER_HEARD", "00021"], "permitted": ["CAP_KILL", "CAP_CHOWN"],
            "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL", "CAP_CHOWN"]}
    name, bundle = context.bundle("sh", "-c", "grep ^Cap /proc/self/status", change=process(capabilities=sets))
    result = context.runtime.run("--debug", "run", "--bundle", bundle.path, name)
    matches(r"CapInh:\s0{14}20\nCapPrm:\s0{14}21\nCapEff:\s0{14}2[01]\nCapBnd:\s0{14}21\nCapAmb:\s0{14}20", result.text)
    for word in ("CAP_NEVER_HEARD", "00021", "can't raise ambient capabilities 0x1"):
        check(word in result.message, result.message)


def refused(context, change, pattern):
    name, bundle = context.bundle("true", change=change)
    result = context.runtime.run("run", "--bundle", bundle.path, name)
    check(result.code != 0, "it ran")
    matches(pattern, result.message)


def no_module(file):
    def need(context):
        return martlet_only(context) or ("the module is on here" if has_module(file) else None)
    return need


def has_module(name):
    if name == "selinux":
        return "selinuxfs" in pathlib.Path("/proc/filesystems").read_text()
    try:
        return bool(pathlib.Path("/proc/self/attr/apparmor/current").read_text())
    except OSError:
        return False


REFUSED = [
    ("an AppArmor profile where there is none", process(apparmorProfile="x"), "apparmor not supported",
     no_module("apparmor")),
    ("an SELinux label where there is none", process(selinuxLabel="u:r:t:s0"), "selinux is disabled",
     no_module("selinux")),
    ("a mount label where there is no SELinux", linux(mountLabel="u:r:t:s0"), "selinux is disabled",
     no_module("selinux")),
    ("memory on a node that there is not", linux(memoryPolicy={"mode": "MPOL_BIND", "nodes": "900"}),
     r"set memory policy .*memoryPolicy\): .*nvalid argument", numa),
    ("an unknown scheduler policy", process(scheduler={"policy": "SCHED_X"}), "unknown scheduler policy", None),
    ("a priority of a policy that has none", process(scheduler={"policy": "SCHED_OTHER", "priority": 1}),
     "/process/scheduler/priority", None),
]

for title, change, pattern, need in REFUSED:
    case(f"refused: {title}", need or martlet_only)(
        lambda context, change=change, pattern=pattern: refused(context, change, pattern))


def with_module(name):
    return lambda context: None if has_module(name) else f"no {name} here"


@case("an AppArmor profile, for both kinds of process", needs=with_module("apparmor"))
def apparmor(context):
    change = process(apparmorProfile="lab-container")
    script = "cat /proc/self/attr/apparmor/current /proc/self/attr/current 2>/dev/null"
    matches("^lab-container", context.shell(script, change=change))
    matches("^lab-container", context.must("exec", context.started(change=change), "sh", "-c", script).text)
    plain = context.started()
    matches("^lab-container", context.must("exec", "--apparmor", "lab-container", plain, "sh", "-c", script).text)


@case("an AppArmor profile that is not loaded", needs=with_module("apparmor"))
def no_profile(context):
    name, bundle = context.bundle("true", change=process(apparmorProfile="none-such"))
    result = context.runtime.run("run", "--bundle", bundle.path, name)
    check(result.code != 0, "it ran")
    if context.is_martlet:
        matches(r"`/proc/thread-self/attr/apparmor/exec`: no such file", result.message)


@case("an SELinux label, for processes, keyrings and mounts", needs=with_module("selinux"))
def selinux(context):
    label = os.environ.get("MARTLET_SELINUX_LABEL", "unconfined_u:unconfined_r:unconfined_t:s0")
    files = os.environ.get("MARTLET_SELINUX_FILES", "system_u:object_r:tmpfs_t:s0")
    change = both(process(selinuxLabel=label), linux(mountLabel=files, maskedPaths=[]))
    script = "cat /proc/self/attr/current; echo; cat /proc/self/attr/keycreate; echo; grep -c context= /proc/self/mounts"
    text = context.shell(script, change=change)
    matches(f"^{re.escape(label)}", text)
    check(int(text.split()[-1]) >= 3, text)
    name = context.started(change=change)
    matches(f"^{re.escape(label)}", context.must("exec", name, "cat", "/proc/self/attr/current").text)
    shell = context.started()
    matches(f"^{re.escape(label)}",
            context.must("exec", "--process-label", label, shell, "cat", "/proc/self/attr/current").text)
