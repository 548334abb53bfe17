"""Buildah: `run` in working containers, and `bud`. Its --cgroup-parent is the container's very cgroup, so each
container has one of its own: the kernel does not change the devices of a cgroup that has others below."""
import contextlib

from harness import *

NEEDS = tool("buildah")
SAMPLE = ["buildah run: output", "buildah run of a path that does not exist tells the runtime's error", "buildah run --terminal",
          "buildah bud: RUN steps, one after the other", "buildah bud with a RUN step that fails tells its exit code"]
READY = set()


def buildah(context, *arguments, code=0, timeout=60, stdin=subprocess.DEVNULL):
    """One buildah command; its exit code is checked."""
    result = oci.bounded(command(context, *arguments), timeout, env=environment(context), stdin=stdin)
    check(code is None or result.code == code, f"{arguments[:2]}: exit {result.code}: {result.message}")
    return result


def command(context, *arguments):
    folder = context.folder
    return ["buildah", "--root", f"{folder}/buildah", "--runroot", f"{folder}/buildah-run", "--storage-driver", "vfs",
            *map(str, arguments)]


def environment(context):
    """Limits that may be set without CAP_SYS_RESOURCE, and no settings of the host."""
    file = context.folder / "buildah.conf"
    file.write_text('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n')
    return {**os.environ, "CONTAINERS_CONF": str(file), "BUILDAH_ISOLATION": "oci", "TMPDIR": str(context.folder)}


def image(context):
    """An image made from the busybox root file system."""
    if context not in READY:
        buildah(context, "from", "--name", "base", "scratch")
        buildah(context, "add", "--quiet", "base", context.rootfs, "/")
        buildah(context, "config", "--env", "PATH=/bin", "base")
        buildah(context, "commit", "--quiet", "base", "localhost/busybox")
        buildah(context, "rm", "base")
        READY.add(context)
    return "localhost/busybox"


def cgroup(context):
    """The place of a cgroup that no other container has."""
    context.number += 1
    return f"{context.parent}/buildah-{context.number}"


@contextlib.contextmanager
def working(context, *options):
    """A working container's name."""
    place = cgroup(context)
    name = os.path.basename(place)
    buildah(context, "from", "--quiet", "--name", name, "--cgroup-parent", place, "--network", "none", *options, image(context))
    try:
        yield name
    finally:
        buildah(context, "rm", name, code=None)


def run(context, name, *words, options=(), code=0):
    return buildah(context, "run", "--runtime", context.runtime.path, *options, name, "--", *words, code=code)


RUNS = [("output", (), "echo hello", "^hello$", 0), ("the exit code", (), "exit 7", "", 7),
        ("a user", ("--user", "1000:1000"), "id -u; id -g", "^1000\n1000$", 0),
        ("a variable", ("--env", "A=b"), "echo $A", "^b$", 0),
        ("a host name", ("--hostname", "here"), "hostname", "^here$", 0),
        ("a working directory", ("--workingdir", "/tmp"), "pwd", "^/tmp$", 0),
        ("a volume", ("--volume", "/usr/share:/data:ro"), "ls -d /data/doc; touch /data/x 2>&1; true", "Read-only", 0),
        ("a mount", ("--mount", "type=tmpfs,dst=/data"), "grep ' /data ' /proc/mounts", "tmpfs", 0),
        ("an added capability", ("--cap-add", "CAP_NET_ADMIN"), "grep CapBnd /proc/self/status", r"CapBnd:\s+\w+", 0),
        ("no capabilities", ("--cap-drop", "all"), "grep CapEff /proc/self/status", r"CapEff:\s0{16}", 0),
        ("its seccomp profile", (), "grep Seccomp: /proc/self/status", r"Seccomp:\s+2", 0),
        ("namespaces of the host", ("--ipc", "host"), "readlink /proc/self/ns/ipc",
         "^" + re.escape(os.readlink("/proc/self/ns/ipc")), 0),
        ("a process that a signal ends", (), "sh -c 'kill -TERM $$'; exit $?", "", 143),
        ("its own pid namespace", (), "echo $$", "^1$", 0)]


@cases(RUNS, "buildah run: {}", needs=NEEDS)
def runs(context, options, script, pattern, code):
    with working(context) as name:
        matches(pattern, run(context, name, "sh", "-c", script, options=options, code=code).text)


@case("buildah run: standard input", needs=NEEDS)
def typed(context):
    with working(context) as name, tempfile.TemporaryFile() as given:
        given.write(b"typed\n")
        given.seek(0)
        result = buildah(context, "run", "--runtime", context.runtime.path, name, "--", "cat", stdin=given)
        equal(result.text, "typed\n")


@case("buildah run --terminal", needs=NEEDS)
def terminal(context):
    with working(context) as name:
        argv = ["env", f"CONTAINERS_CONF={environment(context)['CONTAINERS_CONF']}",
                *command(context, "run", "--runtime", context.runtime.path, "--terminal", name, "--", "sh")]
        with Terminal(argv) as shell:
            shell.read("#", seconds=30)
            shell.say("tty; echo $((40+2))", "\n42")
            check(b"/dev/pts/0" in shell.seen, shell.seen)
            shell.say("exit 3", "")
            equal(shell.end(30), 3)


FAILED = [("a path that does not exist", "/no/such", "no such file or directory"),
          ("a command that is nowhere in PATH", "no-such-command", r"executable file not found in \$PATH"),
          ("a folder", "/etc", "permission denied|is a directory")]


@cases(FAILED, "buildah run of {} tells the runtime's error", needs=NEEDS)
def failed(context, program, text):
    with working(context) as name:
        result = run(context, name, program, code=None)
        check(result.code != 0, "it succeeds")
        matches(text, result.message)


@case("buildah run, twice in the same container, and a commit of what they made", needs=NEEDS)
def twice(context):
    with working(context) as name:
        run(context, name, "sh", "-c", "echo one > /made")
        run(context, name, "sh", "-c", "echo two >> /made")
        buildah(context, "commit", "--quiet", name, "localhost/made")
    with working(context) as name:
        equal(run(context, name, "ls", "/made", code=None).code != 0, True)
    buildah(context, "rmi", "localhost/made")


@case("buildah run with limits", needs=NEEDS)
def limits(context):
    with working(context, "--memory", "64m", "--cpu-shares", "200") as name:
        text = run(context, name, "sh", "-c", "cat /proc/self/cgroup").text
        matches(name, text)
        equal(run(context, name, "echo", "on").text, "on\n")


@case("buildah run leaves no cgroup", needs=NEEDS)
def leftovers(context):
    with working(context) as name:
        run(context, name, "true")
        equal([str(place) for place in oci.cgroups(f"{context.parent}/{name}")], [])


def bud(context, text, *options, code=0):
    """Builds an image of a file's text. Its cgroup is its own; that of each step is gone before the next one."""
    folder = context.folder / "build"
    folder.mkdir(exist_ok=True)
    (folder / "given").write_text("given\n")
    (folder / "Containerfile").write_text(text)
    image(context)
    return buildah(context, "bud", "--runtime", context.runtime.path, "--network", "none", "--no-cache", "--cgroup-parent",
                   cgroup(context), "--tag", "localhost/built", "--file", folder / "Containerfile", *options, folder, code=code,
                   timeout=120)


BUILDS = [("RUN steps, one after the other", "RUN echo one > /made\nRUN echo two >> /made\nRUN cat /made\n", (), "^one\ntwo$"),
          ("ENV, WORKDIR and USER", "ENV A=b\nWORKDIR /tmp\nUSER 1000\nRUN echo $A $(pwd) $(id -u)\n", (), "^b /tmp 1000$"),
          ("COPY and a RUN that reads it", "COPY given /there\nRUN cat /there\n", (), "^given$"),
          ("ARG", "ARG WORD\nRUN echo said $WORD\n", ("--build-arg", "WORD=this"), "^said this$"),
          ("RUN in the form of a list", 'RUN ["echo", "a  b"]\n', (), "^a  b$"),
          ("two stages", "RUN echo first > /made\nFROM localhost/busybox\nCOPY --from=0 /made /taken\nRUN cat /taken\n", (),
           "^first$"),
          ("RUN --mount=type=bind", "RUN --mount=type=bind,source=given,target=/bound cat /bound\n", (), "^given$"),
          ("RUN --mount=type=tmpfs", "RUN --mount=type=tmpfs,target=/data grep ' /data ' /proc/mounts\n", (), "tmpfs"),
          ("RUN --mount=type=cache", "RUN --mount=type=cache,target=/cache echo kept > /cache/x\n"
           "RUN --mount=type=cache,target=/cache cat /cache/x\n", (), "^kept$"),
          ("a memory limit", "RUN echo limited\n", ("--memory", "64m"), "^limited$"),
          ("capabilities", "RUN grep CapEff /proc/self/status\n", ("--cap-drop", "all"), r"CapEff:\s0{16}")]


@cases(BUILDS, "buildah bud: {}", needs=NEEDS)
def builds(context, steps, options, pattern):
    matches(pattern, bud(context, f"FROM localhost/busybox\n{steps}", *options).text)


@case("buildah bud with a RUN step that fails tells its exit code", needs=NEEDS)
def failing_step(context):
    result = bud(context, "FROM localhost/busybox\nRUN exit 6\n", code=None)
    check(result.code not in (0, None), "it succeeds")
    matches("exit status 6", result.message)


@case("buildah bud with a RUN step whose program does not exist tells the runtime's error", needs=NEEDS)
def missing_step(context):
    result = bud(context, 'FROM localhost/busybox\nRUN ["/no/such"]\n', code=None)
    check(result.code not in (0, None), "it succeeds")
    matches("no such file or directory", result.message)
