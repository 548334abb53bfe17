"""Docker: a daemon with the runtime as its default, without network; the client of the same package."""
import contextlib
import time

import daemon
from harness import *

CLIENT = "/usr/bin/docker"
NEEDS = daemon.needs("dockerd", "containerd", "containerd-shim-runc-v2", CLIENT)
SAMPLE = ["docker run: output", "docker run of a command that does not exist has the field's exit code", "docker run -it",
          "docker exec: the exit code", "docker stats", "docker top", "docker update", "docker pause and unpause",
          "docker kill, start again and restart", "docker build: RUN steps, one after the other",
          "docker build by BuildKit: RUN steps, one after the other", "docker logs"]
RUN = ("run", "--network", "none")


def docker(context, *arguments, code=0, timeout=60, stdin=subprocess.DEVNULL, **settings):
    """One docker command; its exit code is checked."""
    daemon.once(context, start)
    result = oci.bounded(command(context, *arguments), timeout, env={**environment(context), **settings}, stdin=stdin)
    check(code is None or result.code == code, f"{arguments[:3]}: exit {result.code}: {result.message}")
    return result


def command(context, *arguments):
    return [CLIENT, *map(str, arguments)]


def environment(context):
    folder = context.folder / "docker"
    return {**os.environ, "DOCKER_HOST": f"unix://{folder}/socket", "DOCKER_CONFIG": str(folder / "client"),
            "DOCKER_BUILDKIT": "0"}


def start(context):
    """A daemon with folders, a socket and a cgroup of its own, and an image made from busybox."""
    folder = context.folder / "docker"
    folder.mkdir()
    (folder / "daemon.json").write_text("{}")
    (folder / "programs").mkdir()
    (folder / "programs/buildkit-runc").symlink_to(context.runtime.path)  # what the daemon's BuildKit calls
    engine = daemon.Daemon(context, "dockerd", [
        "dockerd", "--config-file", folder / "daemon.json", "--data-root", folder / "data", "--exec-root", folder / "exec",
        "--pidfile", folder / "pid", "--host", f"unix://{folder}/socket", "--storage-driver", "vfs", "--bridge", "none",
        "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false",
        "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", f"{context.parent}/docker",
        "--add-runtime", f"tested={context.runtime.path}", "--default-runtime", "tested"], folder / "programs")
    asked = lambda *words: oci.bounded(command(context, *words), 30, env=environment(context))
    engine.await_answer(lambda: asked("version").code == 0)
    archive = context.folder / "docker.tar"
    subprocess.run(["tar", "-C", context.rootfs, "-cf", archive, "."], check=True)
    made = asked("import", archive, "busybox")
    check(made.code == 0, made.message)
    return engine


@contextlib.contextmanager
def background(context, *program, options=()):
    """A running container's name."""
    context.number += 1
    name = f"docker-{context.number}"
    try:
        docker(context, *RUN, "--detach", "--name", name, *options, "busybox", *(program or ("sleep", "1000")))
        yield name
    finally:
        docker(context, "rm", "--force", "--volumes", name, code=None)


def inspected(context, name, *path):
    found = json.loads(docker(context, "inspect", name).text)[0]
    for key in path:
        found = found[key]
    return found


def cgroup_file(context, name, controller, file):
    """A file of a container's cgroup, as the host sees it."""
    identity = inspected(context, name, "Id")
    places = [place for place in oci.cgroups(f"{context.parent}/docker/{identity}") if f"/{controller}/" in str(place)]
    if not places:
        raise Skip(f"there is no {controller} hierarchy of version 1")
    return (places[0] / file).read_text().strip()


def has_all_capabilities(context):
    bounding = int(re.search(r"CapBnd:\s*(\w+)", pathlib.Path("/proc/self/status").read_text())[1], 16)
    return NEEDS(context) or (None if bounding & 0x3fffffffff == 0x3fffffffff else "not all capabilities may be had here")


RUNS = [("output", (), "echo hello", "^hello$", 0), ("the exit code", (), "exit 7", "", 7),
        ("a user", ("--user", "1000:1000"), "id -u; id -g", "^1000\n1000$", 0),
        ("a variable", ("--env", "A=b"), "echo $A", "^b$", 0),
        ("a host name", ("--hostname", "here"), "hostname", "^here$", 0),
        ("a working directory", ("--workdir", "/made/here"), "pwd", "^/made/here$", 0),
        ("a memory limit", ("--memory", "64m", "--memory-swap", "128m"), "echo on", "^on$", 0),
        ("more limits", ("--cpus", "0.5", "--cpu-shares", "200", "--cpuset-cpus", "0", "--pids-limit", "50"),
         "grep Cpus_allowed_list /proc/self/status", r"\s0$", 0),
        ("limits of processes", ("--ulimit", "nofile=100:200"), "ulimit -n; ulimit -Hn", "^100\n200$", 0),
        ("a read-only root", ("--read-only",), "touch /x 2>&1; true", "Read-only", 0),
        ("a bind mount", ("--volume", "/usr/share:/data:ro"), "ls -d /data/doc; touch /data/x 2>&1; true", "Read-only", 0),
        ("an anonymous volume", ("--volume", "/data"), "touch /data/x && echo on", "^on$", 0),
        ("a tmpfs", ("--tmpfs", "/t:size=64k"), "grep ' /t ' /proc/mounts", "size=64k", 0),
        ("a small /dev/shm", ("--shm-size", "1m"), "grep ' /dev/shm ' /proc/mounts", "size=1024k", 0),
        ("--init", ("--init",), "cat /proc/1/comm; exit 6", "^docker-init$", 6),
        ("its seccomp profile", (), "grep Seccomp: /proc/self/status", r"Seccomp:\s+2", 0),
        ("no seccomp profile", ("--security-opt", "seccomp=unconfined"), "grep Seccomp: /proc/self/status", r"Seccomp:\s+0", 0),
        ("no new privileges", ("--security-opt", "no-new-privileges"), "grep NoNewPrivs /proc/self/status", r"\s1$", 0),
        ("no capabilities", ("--cap-drop", "all"), "grep CapBnd /proc/self/status", r"CapBnd:\s0{16}", 0),
        ("one capability", ("--cap-drop", "all", "--cap-add", "chown"), "grep CapEff /proc/self/status", r"CapEff:\s0{15}1", 0),
        ("a device", ("--device", "/dev/zero:/dev/mine:rw"), "head -c 3 /dev/mine | wc -c", "^3$", 0),
        ("a sysctl", ("--sysctl", "kernel.shm_rmid_forced=1"), "cat /proc/sys/kernel/shm_rmid_forced", "^1$", 0),
        ("more groups", ("--group-add", "55"), "id -G", r"\b55\b", 0),
        ("the host's pid namespace", ("--pid", "host"), "cat /proc/1/comm", "catatonit", 0),
        ("the host's IPC namespace", ("--ipc", "host"), "readlink /proc/self/ns/ipc",
         "^" + re.escape(os.readlink("/proc/self/ns/ipc")), 0),
        ("the host's UTS namespace", ("--uts", "host"), "readlink /proc/self/ns/uts",
         "^" + re.escape(os.readlink("/proc/self/ns/uts")), 0),
        ("a cgroup namespace", ("--cgroupns", "private"), "cat /proc/self/cgroup", r"\A(\d+:[^:]*:/\n)+\Z", 0),
        ("an OOM score", ("--oom-score-adj", "100"), "cat /proc/self/oom_score_adj", "^100$", 0),
        ("an entrypoint", ("--entrypoint", "echo"), "second", "^-c second$", 0),
        ("a process that a signal ends", (), "sh -c 'kill -TERM $$'; exit $?", "", 143)]


@cases(RUNS, "docker run: {}", needs=NEEDS)
def runs(context, options, script, pattern, code):
    words = ("-c", script) if "--entrypoint" in options else ("sh", "-c", script)
    matches(pattern, docker(context, *RUN, "--rm", *options, "busybox", *words, code=code).text)


@case("docker run --privileged", needs=has_all_capabilities)
def privileged(context):
    matches("^Seccomp:\\s+0$", docker(context, *RUN, "--rm", "--privileged", "busybox", "grep", "Seccomp:",
                                      "/proc/self/status").text)


@case("docker run: standard input", needs=NEEDS)
def typed(context):
    with tempfile.TemporaryFile() as given:
        given.write(b"typed\n")
        given.seek(0)
        equal(docker(context, *RUN, "--rm", "--interactive", "busybox", "cat", stdin=given).text, "typed\n")


def on_terminal(context, *words):
    """A docker command on a terminal."""
    daemon.once(context, start)
    settings = environment(context)
    chosen = [f"{name}={settings[name]}" for name in ("DOCKER_HOST", "DOCKER_CONFIG")]
    return Terminal(["env", *chosen, *command(context, *words)])


@case("docker run -it", needs=NEEDS)
def terminal(context):
    with on_terminal(context, *RUN, "--rm", "-it", "busybox", "sh") as shell:
        shell.read("# ", seconds=60)
        shell.say("tty; echo $((40+2))", "\n42")
        check(b"/dev/pts/0" in shell.seen, shell.seen)
        shell.resize(41, 101)
        shell.say("until [ \"$(stty size)\" = '41 101' ]; do sleep 0.1; done; echo sized$((1+1))", "sized2")
        shell.say("exit 3", "")
        equal(shell.end(60), 3)


@case("docker exec -it", needs=NEEDS)
def exec_terminal(context):
    with background(context) as name, on_terminal(context, "exec", "-it", name, "sh") as shell:
        shell.read("# ", seconds=60)
        shell.say("echo $((40+2))", "\n42")
        shell.say("exit 4", "")
        equal(shell.end(60), 4)


FAILED = [("a command that does not exist", "/no/such/command", 127, "no such file or directory"),
          ("a command that is nowhere in PATH", "no-such-command", 127, r"executable file not found in \$PATH"),
          ("a folder", "/etc", 126, "permission denied"), ("a file without permission", "/etc/passwd", 126,
                                                           "permission denied")]


@cases(FAILED, "docker run of {} has the field's exit code", needs=NEEDS)
def failed(context, program, code, text):
    result = docker(context, *RUN, "--rm", "busybox", program, code=code)
    matches("OCI runtime create failed: .*" + text, result.message)


@cases(FAILED, "docker exec of {} tells the runtime's error", needs=NEEDS)
def failed_exec(context, program, code, text):
    with background(context) as name:
        result = docker(context, "exec", name, program, code=None)
        check(result.code in (126, 127), result.code)  # the older the daemon, the more are 126
        matches("OCI runtime exec failed: .*" + text, result.text + result.message)


EXECS = [("the exit code", (), "exit 5", "", 5), ("a user", ("--user", "1000"), "id -u", "^1000$", 0),
         ("a variable", ("--env", "A=b"), "echo $A", "^b$", 0),
         ("a working directory", ("--workdir", "/etc"), "pwd", "^/etc$", 0),
         ("the container's seccomp profile", (), "grep Seccomp: /proc/self/status", r"Seccomp:\s2", 0),
         ("a process that a signal ends", (), "kill -9 $$", "", 137)]


@cases(EXECS, "docker exec: {}", needs=NEEDS)
def execs(context, options, script, pattern, code):
    with background(context) as name:
        matches(pattern, docker(context, "exec", *options, name, "sh", "-c", script, code=code).text)


@case("docker exec: detached, and with standard input", needs=NEEDS)
def more_execs(context):
    with background(context) as name, tempfile.TemporaryFile() as given:
        docker(context, "exec", "--detach", name, "touch", "/left")
        left = lambda: docker(context, "exec", name, "ls", "/left", code=None).code == 0
        check(oci.wait_until(left, 30), "the detached process did nothing")
        given.write(b"through\n")
        given.seek(0)
        equal(docker(context, "exec", "--interactive", name, "cat", stdin=given).text, "through\n")


@case("docker stats", needs=NEEDS)
def stats(context):
    with background(context, options=("--memory", "64m")) as name:
        row = json.loads(docker(context, "stats", "--no-stream", "--format", "{{json .}}", name).text)
        equal((row["Name"], row["PIDs"]), (name, "1"))
        matches(r"^[\d.]+[KM]?iB / 64MiB$", row["MemUsage"])


@case("docker top", needs=NEEDS)
def top(context):
    with background(context) as name:
        matches(r"^UID +PID .*\n.*sleep 1000$", docker(context, "top", name).text)
        matches(r"^PID +COMMAND *\n\d+ +sleep$", docker(context, "top", name, "-o", "pid,comm").text)


@case("docker update", needs=NEEDS)
def update(context):
    with background(context, options=("--memory", "64m", "--memory-swap", "128m", "--pids-limit", "50")) as name:
        docker(context, "update", "--memory", "96m", "--memory-swap", "256m", "--cpu-shares", "300", name)
        docker(context, "update", "--cpus", "0.5", "--cpuset-cpus", "0", name)
        equal(cgroup_file(context, name, "memory", "memory.limit_in_bytes"), str(96 << 20))
        equal(cgroup_file(context, name, "cpu", "cpu.shares"), "300")
        equal(cgroup_file(context, name, "cpuset", "cpuset.cpus"), "0")
        equal(cgroup_file(context, name, "pids", "pids.max"), "50")
        docker(context, "update", "--pids-limit", "60", name)
        equal(cgroup_file(context, name, "pids", "pids.max"), "60")
        equal(cgroup_file(context, name, "memory", "memory.limit_in_bytes"), str(96 << 20))


@case("docker update below what is used tells the runtime's error", needs=NEEDS)
def refused_update(context):
    with background(context, "sh", "-c", "head -c 20000000 /dev/zero > /dev/shm/x; echo full; sleep 1000",
                    options=("--memory", "64m", "--memory-swap", "64m")) as name:
        check(oci.wait_until(lambda: docker(context, "logs", name).text == "full\n", 30), "it is not full")
        matches("Cannot update container .*" + name + "|memory",
                docker(context, "update", "--memory", "6m", "--memory-swap", "6m", name, code=1).message)
        equal(docker(context, "exec", name, "echo", "on").text, "on\n")


@case("docker pause and unpause", needs=NEEDS)
def pause(context):
    with background(context) as name:
        docker(context, "pause", name)
        equal(inspected(context, name, "State", "Status"), "paused")
        matches("is paused", docker(context, "exec", name, "true", code=1).message)
        docker(context, "unpause", name)
        equal(docker(context, "exec", name, "echo", "on").text, "on\n")


@case("docker kill, start again and restart", needs=NEEDS)
def kill(context):
    with background(context) as name:
        docker(context, "kill", name)
        equal(docker(context, "wait", name).text, "137\n")
        matches("is not running", docker(context, "kill", name, code=1).message)
        docker(context, "start", name)
        docker(context, "restart", "--time", "0", name)
        equal(docker(context, "exec", name, "echo", "on").text, "on\n")


@case("docker stop by the container's own signal", needs=NEEDS)
def stop(context):
    script = "trap 'exit 9' USR2; echo set; while :; do sleep 0.05; done"
    with background(context, "sh", "-c", script, options=("--stop-signal", "USR2")) as name:
        check(oci.wait_until(lambda: docker(context, "logs", name).text == "set\n", 30), "no trap")
        docker(context, "stop", "--time", "60", name, timeout=90)
        equal(inspected(context, name, "State", "ExitCode"), 9)


@case("docker kill with another signal", needs=NEEDS)
def signals(context):
    script = "trap 'echo got' USR1; echo set; while :; do sleep 0.05; done"
    with background(context, "sh", "-c", script) as name:
        check(oci.wait_until(lambda: docker(context, "logs", name).text == "set\n", 30), "no trap")
        docker(context, "kill", "--signal", "USR1", name)
        check(oci.wait_until(lambda: docker(context, "logs", name).text == "set\ngot\n", 30), "no signal")


@case("docker logs", needs=NEEDS)
def logs(context):
    with background(context, "sh", "-c", "echo out; echo err >&2; exit 3") as name:
        equal(docker(context, "wait", name).text, "3\n")
        result = docker(context, "logs", name)
        equal((result.text, result.message), ("out\n", "err"))


@case("docker run --restart=on-failure tries again", needs=NEEDS)
def restart_policy(context):
    with background(context, "sh", "-c", "echo tried; exit 3", options=("--restart", "on-failure:2")) as name:
        check(oci.wait_until(lambda: docker(context, "logs", name).text == "tried\n" * 3, 60), "it is not tried again")


@case("docker healthcheck", needs=NEEDS)
def health(context):
    options = ("--health-cmd", "test -e /tmp", "--health-interval", "1s", "--health-timeout", "30s")
    with background(context, options=options) as name:
        status = lambda: inspected(context, name, "State", "Health", "Status")
        check(oci.wait_until(lambda: status() == "healthy", 60), f"it is {status()}")


@case("docker containers that join another's namespaces", needs=NEEDS)
def join(context):
    with background(context) as name:
        text = docker(context, "run", "--rm", "--network", f"container:{name}", "--pid", f"container:{name}", "--ipc",
                      "host", "busybox", "ps").text
        matches("sleep 1000", text)


@case("docker volumes that another container reads", needs=NEEDS)
def volume(context):
    docker(context, "volume", "create", "kept")
    docker(context, *RUN, "--rm", "--volume", "kept:/data", "busybox", "sh", "-c", "echo seen > /data/file")
    equal(docker(context, *RUN, "--rm", "--volume", "kept:/data:ro", "busybox", "cat", "/data/file").text, "seen\n")
    docker(context, "volume", "rm", "kept")


@case("docker cp, diff and commit of a running container", needs=NEEDS)
def around(context):
    with background(context) as name:
        docker(context, "exec", name, "sh", "-c", "echo kept > /file")
        docker(context, "cp", f"{name}:/file", context.folder / "docker/copied")
        equal((context.folder / "docker/copied").read_text(), "kept\n")
        matches("^A /file$", docker(context, "diff", name).text)
        docker(context, "commit", name, "committed")
    equal(docker(context, *RUN, "--rm", "committed", "cat", "/file").text, "kept\n")
    docker(context, "rmi", "committed")


def happened(context, name):
    """The events of a container so far."""
    until = str(int(time.time()) + 1)  # the client counts in seconds
    return docker(context, "events", "--since", "1h", "--until", until, "--filter", f"container={name}", "--format",
                  "{{.Action}}").text.split()


@case("docker create, start --attach, wait and events", needs=NEEDS)
def steps(context):
    docker(context, "create", "--network", "none", "--name", "stepped", "busybox", "sh", "-c", "echo on; exit 3")
    try:
        equal(docker(context, "start", "--attach", "stepped", code=3).text, "on\n")
        equal(docker(context, "wait", "stepped").text, "3\n")
        found = happened(context, "stepped")
        check({"create", "start", "die"} <= set(found), found)
    finally:
        docker(context, "rm", "stepped", code=None)


@case("docker is told of a process that is killed for want of memory", needs=NEEDS)
def out_of_memory(context):
    script = "sh -c 'a=x; while :; do a=$a$a; done'; echo over; sleep 1000"
    with background(context, "sh", "-c", script, options=("--memory", "16m", "--memory-swap", "16m")) as name:
        check(oci.wait_until(lambda: "oom" in happened(context, name), 60), "no event")
        equal(inspected(context, name, "State", "Status"), "running")


def build(context, steps, *options, code=0, **settings):
    daemon.once(context, start)
    folder = context.folder / "docker/build"
    folder.mkdir(exist_ok=True)
    (folder / "given").write_text("given\n")
    (folder / "Dockerfile").write_text(f"FROM busybox\n{steps}")
    return docker(context, "build", "--network", "none", "--no-cache", "--tag", "built", *options, folder, code=code, timeout=120,
                  **settings)


BUILDS = [("RUN steps, one after the other", "RUN echo one > /made\nRUN echo two >> /made\nRUN cat /made\n", (), "^one\ntwo$"),
          ("ENV, WORKDIR and USER", "ENV A=b\nWORKDIR /tmp\nUSER 1000\nRUN echo $A $(pwd) $(id -u)\n", (), "^b /tmp 1000$"),
          ("COPY and a RUN that reads it", "COPY given /there\nRUN cat /there\n", (), "^given$"),
          ("RUN in the form of a list", 'RUN ["echo", "a  b"]\n', (), "^a  b$"),
          ("two stages", "RUN echo first > /made\nFROM busybox\nCOPY --from=0 /made /taken\nRUN cat /taken\n", (), "^first$"),
          ("a memory limit", "RUN echo limited\n", ("--memory", "64m"), "^limited$")]


@cases(BUILDS, "docker build: {}", needs=NEEDS)
def builds(context, steps, options, pattern):
    matches(pattern, build(context, steps, *options).text)


def buildkit(context, steps, *options, code=0):
    """The same by BuildKit; what is printed by steps comes with the errors, each line behind its step and time."""
    return build(context, steps, "--progress", "plain", *options, code=code, DOCKER_BUILDKIT="1").message


BUILDKIT = [("RUN steps, one after the other", "RUN echo one > /made\nRUN echo two >> /made\nRUN cat /made\n", r"^#\d+ [\d.]+ two$"),
            ("ENV, WORKDIR and USER", "ENV A=b\nWORKDIR /tmp\nUSER 1000\nRUN echo $A $(pwd) $(id -u)\n", r"^#\d+ [\d.]+ b /tmp 1000$"),
            ("RUN --mount=type=bind", "RUN --mount=type=bind,source=given,target=/bound cat /bound\n", r"^#\d+ [\d.]+ given$"),
            ("RUN --mount=type=tmpfs", "RUN --mount=type=tmpfs,target=/data grep ' /data ' /proc/mounts\n", "tmpfs /data tmpfs"),
            ("RUN --mount=type=cache", "RUN --mount=type=cache,target=/cache echo kept > /cache/x\n"
             "RUN --mount=type=cache,target=/cache cat /cache/x\n", r"^#\d+ [\d.]+ kept$"),
            ("the seccomp profile", "RUN grep Seccomp: /proc/self/status\n", r"Seccomp:\s+2$")]


@cases(BUILDKIT, "docker build by BuildKit: {}", needs=NEEDS)
def buildkit_steps(context, steps, pattern):
    matches(pattern, buildkit(context, steps))


@case("docker build by BuildKit: a step's exit code and the runtime's error", needs=NEEDS)
def buildkit_failure(context):
    matches("exit code: 6", buildkit(context, "RUN exit 6\n", code=1))
    matches("no such file or directory", buildkit(context, 'RUN ["/no/such"]\n', code=1))
    equal([str(place) for place in oci.cgroups(f"{context.parent}/docker/buildkit", below=True)
           if place.name not in ("buildkit", "docker") and not place.name.startswith("buildkit")], [])


@case("docker build with a RUN step that fails tells its exit code", needs=NEEDS)
def failing_step(context):
    matches("returned a non-zero code: 6", build(context, "RUN exit 6\n", code=6).message)


@case("docker info and version name the runtime", needs=NEEDS)
def info(context):
    equal(json.loads(docker(context, "info", "--format", "{{json .Runtimes}}").text)["tested"]["path"], context.runtime.path)
    told = json.loads(docker(context, "version", "--format", "{{json .Server.Components}}").text)
    if context.is_martlet:
        version = oci.bounded([context.runtime.path, "--version"]).text.split()[2]
        equal([part["Version"] for part in told if part["Name"] == "tested" or part["Name"] == "martlet"], [version])


@case("docker rm --force leaves no cgroup and no state", needs=NEEDS)
def leftovers(context):
    with background(context) as name:
        identity = inspected(context, name, "Id")
    equal([str(place) for place in oci.cgroups(f"{context.parent}/docker/{identity}")], [])


@case("docker run of ten containers at once", needs=NEEDS)
def crowd(context):
    daemon.once(context, start)
    names = [f"crowd-{number}" for number in range(10)]
    running = [subprocess.Popen(command(context, *RUN, "--rm", "--name", name, "busybox", "echo", name),
                                env=environment(context), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for name in names]
    oci.RUNNING.update(process.pid for process in running)
    try:
        equal([process.communicate(timeout=120 * oci.PATIENCE)[0] for process in running], [f"{name}\n" for name in names])
    finally:
        for process in running:
            process.kill()
            process.wait()
            oci.RUNNING.discard(process.pid)
