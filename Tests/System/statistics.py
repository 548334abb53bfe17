"""What `events` and `top` show, beside the kernel's own files and beside runc."""
from harness import *
import contextlib
import signal
import time

LIMIT = 32 << 20
# What other runtimes do not print, by the path below `data`; docs/behaviour.md lists it.
OURS = re.compile(r"^(cpu\.(psi|burst)|memory\.(psi|swapOnly|events)|blkio\.(psi|ioDiscard\w*|ioCost\w*)|rdma|misc)\b")
# Counters that move, or are left out while they are 0.
MOVING = re.compile(r"\.(total|kernel|user|usage|max|cache|value|failcnt|current|memory_pressure|avg\w*|percpu\w*"
                    r"|throttled\w+|periods)(\[\d*\])?$|^memory\.raw\.|^hugetlb\.|^pids\.|^blkio\.\w+\[")


def limited(config):
    config["linux"]["resources"].update(
        memory={"limit": LIMIT, "swap": LIMIT}, pids={"limit": 42}, cpu={"quota": 50000, "period": 100000})


def memory_file(context, name, old, new):
    """A control file of the memory controller, on whichever version has it."""
    for place in oci.cgroups(f"{context.parent}/{name}"):
        for file in (place / old, place / new):
            if file.exists():
                return file
    raise Skip("no memory controller")


def kills(context, name):
    text = memory_file(context, name, "memory.oom_control", "memory.events").read_text()
    return int(re.search(r"^oom_kill (\d+)", text, re.M).group(1))


@contextlib.contextmanager
def stream(context, *arguments):
    """A command that goes on printing: its process, and a function that reads its lines so far."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(context.runtime.argv(*arguments), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        oci.RUNNING.add(child.pid)

        def lines():
            return [json.loads(line) for line in os.pread(out.fileno(), 1 << 24, 0).decode().splitlines(True)
                    if line.endswith("\n")]

        try:
            yield child, lines
        finally:
            child.kill()
            child.wait()
            oci.RUNNING.discard(child.pid)


def is_watching(child):
    """The command has asked for notifications, and waits."""
    with contextlib.suppress(OSError):
        held = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{child.pid}/fd").iterdir()]
        waits = (pathlib.Path(f"/proc/{child.pid}/syscall").read_text().split() or ["?"])[0] in ("7", "271", "73")
        return waits and any("timerfd" in link for link in held) and any("pidfd" in link for link in held)


def await_end(child, seconds=10):
    check(oci.wait_until(lambda: child.poll() is not None, seconds), "the stream does not end")
    return child.returncode


def flat(value, path=""):
    """The leaves of a JSON value by path. What is empty, or all 0, is as good as left out."""
    if isinstance(value, dict):
        found = {}
        for key, inner in value.items():
            found.update(flat(inner, f"{path}.{key}" if path else key))
        return found
    if isinstance(value, list) and value and isinstance(value[0], dict):
        found = {}
        for index, inner in enumerate(value):
            found.update(flat(inner, f"{path}[{inner.get('op', index)}]"))
        return found
    return {path: value}


def peer():
    """The newest runc that is here."""
    folder = os.environ.get("MARTLET_PEERS", str(oci.REPOSITORY / ".build/peers"))
    for path in (f"{folder}/bin/runc", shutil.which("runc")):
        if path and os.access(path, os.X_OK):
            return path
    return None


@case("events --stats prints runc's keys, in its order, with its types and limits",
      needs=lambda context: martlet_only(context) or (None if peer() else "runc is not installed"))
def against_runc(context):
    work = "dd if=/dev/zero of=/dev/null bs=64k count=2000; cat /bin/busybox > /dev/null; exec sleep 1000"
    seen = []
    for path in (peer(), context.runtime.path):
        runtime = oci.Runtime(path, context.folder / f"state-{len(seen)}")
        name, bundle = context.bundle("sh", "-c", work, change=limited)
        try:
            started = runtime.run("run", "--detach", "--bundle", bundle.path, name)
            check(started.code == 0, started.message)
            pid = runtime.state(name)["pid"]
            comm = pathlib.Path(f"/proc/{pid}/comm")
            check(oci.wait_until(lambda: comm.read_text().strip() == "sleep", 10), comm.read_text())
            result = runtime.run("events", "--stats", name)
            check(result.code == 0 and result.text.endswith("}}\n"), f"{result.code} {result.message} {result.text}")
            event = json.loads(result.text)
            equal((list(event), event["type"], event["id"]), (["type", "id", "data"], "stats", name))
            seen.append(event["data"])
        finally:
            runtime.run("delete", "--force", name)
    compare(*seen)


def compare(theirs, ours):
    equal([key for key in ours if not OURS.match(key)], list(theirs))
    wanted, found = flat(theirs), flat(ours)
    wrong = []
    for path in sorted({*wanted, *found}):
        if path not in wanted:
            if not OURS.match(path) and not MOVING.search(path):
                wrong.append(f"only ours: {path} = {found[path]}")
        elif path not in found:
            # Before 1.4 runc prints counters that there are not.
            if not MOVING.search(path) and wanted[path] not in (0, None, {}, []):
                wrong.append(f"only theirs: {path} = {wanted[path]}")
        elif type(wanted[path]) is not type(found[path]) and not path.split(".")[-1].startswith("avg"):
            wrong.append(f"{path}: {found[path]!r} is not of the type of {wanted[path]!r}")
        elif wanted[path] != found[path] and not MOVING.search(path):
            wrong.append(f"{path}: {found[path]!r} is not {wanted[path]!r}")
    equal(wrong, [])
    equal(sorted(ours["memory"].get("raw", {})), sorted(theirs["memory"].get("raw", {})))
    equal(list(ours["memory"].get("raw", {})), sorted(ours["memory"].get("raw", {})))


@case("what events --stats prints is what the kernel's files hold", needs=martlet_only)
def against_files(context):
    name = context.started("sleep", "1000", change=limited)
    data = json.loads(context.must("events", "--stats", name).text)["data"]
    equal(data["memory"]["usage"]["limit"], LIMIT)
    equal(data["pids"], {"current": 1, "limit": 42})
    equal(data["memory"]["usage"]["failcnt"], 0)
    check(data["cpu"]["usage"]["total"] > 0, data["cpu"])
    stat = memory_file(context, name, "memory.stat", "memory.stat").read_text()
    equal(sorted(data["memory"]["raw"]), sorted(line.split()[0] for line in stat.splitlines()))
    equal((data["intel_rdt"], data["network_interfaces"]), ({}, None))


@case("events shows statistics at the interval, and ends when the container does")
def interval(context):
    name = context.started("sleep", "1000")
    with stream(context, "events", "--interval", "200ms", name) as (child, lines):
        check(oci.wait_until(lambda: len(lines()) >= 3, 10), lines())
        equal({(line["type"], line["id"]) for line in lines()}, {("stats", name)})
        context.must("kill", name, "KILL")
        if context.is_martlet:
            equal(await_end(child), 0)


@case("events of a container that is not there, has stopped, or has no interval", needs=martlet_only)
def refusals(context):
    name = context.started("true")
    context.await_status(name, "stopped")
    matches("container with id .* is not running", context.must("events", name, code=1).message)
    matches("container with id .* is not running", context.must("events", "--stats", name, code=1).message)
    matches("container does not exist", context.must("events", "--stats", "nobody", code=1).message)
    matches("duration interval must be greater than 0", context.must("events", "--interval", "0", name, code=1).message)
    disabled = context.runtime.argv("--cgroup-manager", "disabled")
    other, bundle = context.bundle("sleep", "1000", change=lambda config: config["linux"].pop("resources"))
    equal(oci.bounded(disabled + ["run", "--detach", "--bundle", str(bundle.path), other]).code, 0)
    matches("not supported by this cgroup manager: read statistics", context.must("events", "--stats", other, code=1).message)


@case("each process that the kernel kills for want of memory is exactly one oom event", needs=martlet_only)
def out_of_memory(context):
    name = context.started("sleep", "1000", change=limited)
    with stream(context, "events", "--interval", "1h", name) as (child, lines):
        check(oci.wait_until(lambda: is_watching(child), 10), "it does not watch")
        for number in range(1, 6):
            result = context.runtime.run("exec", name, "dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1")
            check(result.code == 137, f"exit {result.code}: {result.message}")
            equal(kills(context, name), number)
            check(oci.wait_until(lambda: len(lines()) >= number, 10), lines())
        time.sleep(1.5)  # events that are one too many have time to come
        equal(lines(), [{"type": "oom", "id": name}] * kills(context, name))
        context.must("kill", name, "KILL")
        equal(await_end(child), 0)
        equal(len(lines()), 5)


@case("a container whose first process is killed for want of memory has its event before the stream ends",
      needs=martlet_only)
def out_of_memory_at_the_end(context):
    name = context.created("dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1", change=limited)
    with stream(context, "events", name) as (child, lines):
        check(oci.wait_until(lambda: is_watching(child), 10), "it does not watch")
        context.must("start", name)
        equal(await_end(child), 0)
        equal(lines(), [{"type": "oom", "id": name}])


@case("many processes that are killed at once are as many events", needs=martlet_only)
def many_out_of_memory(context):
    def change(config):
        limited(config)
        config["linux"]["resources"].pop("cpu")

    name = context.started("sleep", "1000", change=change)
    with stream(context, "events", "--interval", "1h", name) as (child, lines):
        check(oci.wait_until(lambda: is_watching(child), 10), "it does not watch")
        eat = "for n in 1 2 3 4 5 6; do dd if=/dev/zero of=/dev/null bs=200M count=1 & done; wait"
        context.runtime.run("exec", name, "sh", "-c", eat, timeout=60)
        check(kills(context, name) >= 6, kills(context, name))
        oci.wait_until(lambda: len(lines()) >= kills(context, name), 5)
        time.sleep(1.5)
        equal(lines(), [{"type": "oom", "id": name}] * kills(context, name))


@case("--memory-events tells what else limits lead to", needs=martlet_only)
def memory_events(context):
    name = context.started("sleep", "1000", change=limited)
    with stream(context, "events", "--memory-events", "--interval", "1h", name) as (child, lines):
        check(oci.wait_until(lambda: is_watching(child), 10), "it does not watch")
        context.runtime.run("exec", name, "dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1")

        def seen(key):
            return sum(line["data"].get(key, 0) for line in lines() if line["type"] == "memory")

        check(oci.wait_until(lambda: seen("oom_kill") == 1 and seen("oom") >= 1, 10), lines())


@case("want of memory is told by level", needs=lambda context: martlet_only(context) or (
    None if pathlib.Path("/sys/fs/cgroup/memory/memory.pressure_level").exists() else "cgroup v2 measures stalls"))
def pressure(context):
    folder = context.folder / "data"
    folder.mkdir()
    (folder / "file").write_bytes(bytes(3 * LIMIT))
    os.sync()

    def change(config):
        limited(config)
        config["mounts"].append({"destination": "/tmp", "type": "bind", "source": str(folder), "options": ["rbind", "ro"]})

    name = context.started("sleep", "1000", change=change)
    with stream(context, "events", "--pressure", "low", "--interval", "1h", name) as (child, lines):
        check(oci.wait_until(lambda: is_watching(child), 10), "it does not watch")
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1")
        context.must("exec", name, "sh", "-c", "for n in 1 2 3; do cat /tmp/file > /dev/null; done", timeout=60)
        check(oci.wait_until(lambda: lines(), 10), "no event")
        equal(lines()[0], {"type": "pressure", "id": name, "data": {"pressure": "low"}})


@case("stalls can be asked for where the kernel measures them", needs=martlet_only)
def stalls(context):
    name = context.started("sleep", "1000")
    if not any((place / "memory.pressure").exists() for place in oci.cgroups(f"{context.parent}/{name}")):
        raise Skip("the kernel measures no stalls")
    with stream(context, "events", "--pressure", "some:100000:2000000", name) as (child, _):
        check(oci.wait_until(lambda: is_watching(child), 10), "it does not watch")
        context.must("kill", name, "KILL")
        equal(await_end(child), 0)
    other = context.started("sleep", "1000")
    matches("the kernel refuses", context.must("events", "--pressure", "some:5:1", other, code=1).message)


@case("top shows all running containers as a table and as JSON", needs=martlet_only)
def top(context):
    names = sorted([context.started("sleep", "1000"), context.created(change=limited),
                    context.started("sh", "-c", "while :; do :; done", change=limited)])
    ended = context.started("true")
    context.await_status(ended, "stopped")
    lines = context.must("top", "--once").text.splitlines()
    matches(r"^ID +CPU % +MEMORY +LIMIT +MEMORY % +PIDS +READ +WRITTEN$", lines[0])
    equal(lines[1].split()[0], names[-1])  # the busy one comes first
    equal(sorted(line.split()[0] for line in lines[1:]), names)
    matches(rf"^{names[-1]} .* 32\.0MiB ", lines[1])
    frames = context.must("top", "-n", "2", "--interval", "300ms", "--format", "json", "--sort", "id").text.splitlines()
    equal(len(frames), 2)
    for frame in frames:
        rows = json.loads(frame)
        equal([row["id"] for row in rows], names)
        check(rows[-1]["cpuPercent"] > 5 > rows[0]["cpuPercent"], frame)
        check(all(row["pids"] == 1 for row in rows), frame)
        equal(rows[-1]["memoryLimit"], LIMIT)
    plain = context.must("top", "-n", "2", "--interval", "100ms").text
    equal((plain.count("ID  "), "\x1b" in plain), (2, False))


@case("top draws on a terminal, and gives it back when it is interrupted or told to end", needs=martlet_only)
def top_on_a_terminal(context):
    name = context.started("sleep", "1000")
    for key in ("\x03", "q"):
        with Terminal(context.runtime.argv("top", "--interval", "200ms"), size=(5, 60)) as terminal:
            terminal.read("\x1b[?1049h")
            terminal.read(name)
            terminal.read("\x1b[H", before=len(terminal.seen))
            os.write(terminal.master, key.encode())
            equal(terminal.end(), 0)
            check(terminal.seen.endswith(b"\x1b[?25h\x1b[?1049l"), terminal.seen[-200:])
            check(b"WRITTEN" not in terminal.seen, "lines are longer than the terminal")
    with Terminal(context.runtime.argv("top")) as terminal:
        terminal.read(name)
        os.kill(terminal.pid, signal.SIGTERM)
        equal(terminal.end(), 128 + signal.SIGTERM)
        check(terminal.seen.endswith(b"\x1b[?25h\x1b[?1049l"), terminal.seen[-200:])


@case("a stream whose reader is gone ends", needs=martlet_only)
def no_reader(context):
    name = context.started("sleep", "1000")
    for arguments in (["events", "--interval", "50ms", name], ["top", "--interval", "50ms"]):
        child = subprocess.Popen(context.runtime.argv(*arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        oci.RUNNING.add(child.pid)
        child.stdout.readline()
        child.stdout.close()
        check(oci.wait_until(lambda: child.poll() is not None, 10), f"{arguments[0]} goes on")
        oci.RUNNING.discard(child.pid)
