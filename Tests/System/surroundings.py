"""What the runtime finds around it: its log, its environment, its root, and records of other versions of it."""
import concurrent.futures
import socket
import stat

from changes import *
from harness import *


# ---- logs

class Service:
    """A service's socket, which takes datagrams, and commands that find it at a path of their own."""

    def __init__(self, context, path):
        self.file, self.path = tempfile.mktemp(prefix="log-", dir=context.folder), path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.file)
        self.socket.settimeout(20 * oci.PATIENCE)

    def run(self, argv, there=True):
        """Runs a command where the path leads to the socket, or to nothing."""
        folder = os.path.dirname(self.path)
        script = f"mount -t tmpfs none /{folder.split('/')[1]} && mkdir -p {folder} && "
        if there:
            script += f"touch {self.path} && mount --bind {self.file} {self.path} && "
        return oci.bounded(["unshare", "--mount", "sh", "-c", script + 'exec "$@"', "-", *argv])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


SERVICES = [
    ("journald:name", "/run/systemd/journal/socket", r"\APRIORITY=3\nSYSLOG_IDENTIFIER=name\nMESSAGE=martlet state failed: .*\n\Z"),
    ("syslog:name", "/dev/log", r"\A<11>name\[\d+\]: martlet state failed: .*\Z"),
]


@cases([(form, form, path, pattern) for form, path, pattern in SERVICES], "--log {} tells the service, once", needs=martlet_only)
def services(context, form, path, pattern):
    with Service(context, path) as service:
        argv = context.runtime.argv("--log", form, "state", "a\nb")
        result = service.run(argv)
        equal(result.code, 1)
        matches(pattern, service.socket.recv(65536).decode())
        service.socket.setblocking(False)
        try:
            raise Wrong(service.socket.recv(65536))
        except BlockingIOError:
            pass
        matches(r"\Amartlet state failed: .*\Z", result.message)
        result = service.run(argv, there=False)
        equal(result.code, 1)
        matches(rf"\Amartlet state failed: .* \(log {path}: no such file or directory\)\Z", result.message)


@case("--log file: takes any path, also one that looks like a service", needs=martlet_only)
def file_form(context):
    for text, name in (("file:journald:x", "journald:x"), ("file:y", "y"), ("other:z", "other:z")):
        argv = context.runtime.argv("--log", text, "state", "none")
        equal(oci.bounded(argv, cwd=context.folder).code, 1)
        matches("does not exist", (context.folder / name).read_text())


@case("a log that many commands write to has a whole line of each", needs=martlet_only)
def shared_log(context):
    log = context.folder / "shared.json"
    names = [f"none{number}" + 200 * "x" for number in range(40)]

    def fail(name):
        return context.runtime.run("--log", log, "--log-format", "json", "state", name).code

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        equal(set(pool.map(fail, names)), {1})
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    equal(len(lines), len(names))
    equal({line["level"] for line in lines}, {"error"})


# ---- the environment and the root

@case("an empty environment is enough for the whole life of a container", needs=martlet_only)
def empty_environment(context):
    for env in ({}, {"XDG_RUNTIME_DIR": ""}):
        name, bundle = context.bundle("sleep", "1000")
        context.must("create", "--bundle", bundle.path, name, env=env)
        context.must("start", name, env=env)
        equal(context.must("exec", name, "echo", "on", env=env).text, "on\n")
        equal(len(json.loads(context.must("ps", "--format", "json", name, env=env).text)), 1)
        for command in (("pause",), ("resume",), ("update", "--pids-limit", "20"), ("list",)):
            context.must(*command, *([] if command == ("list",) else [name]), env=env)
        context.must("kill", name, "KILL", env=env)
        context.await_status(name, "stopped")
        context.must("delete", name, env=env)
        equal(context.status(name), None)


def can_map(context):
    done = subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, check=False)
    return martlet_only(context) or (None if done.returncode == 0 else "user namespaces cannot be made")


@case("the root of who is not the host's root is kept from cleaners of its runtime directory", needs=can_map)
def runtime_directory(context):
    folder = context.folder / "runtime"
    folder.mkdir(mode=0o700)
    name, bundle = context.bundle("true")
    # Whether the container can be made does not matter: its name is taken before that.
    argv = ["unshare", "--user", "--map-root-user", context.runtime.path, "--cgroup-manager", "disabled", "run",
            "--bundle", bundle.path, name]
    oci.bounded(argv, env={**os.environ, "USER": "user", "XDG_RUNTIME_DIR": str(folder)})
    equal(oct(stat.S_IMODE((folder / "martlet").stat().st_mode)), oct(0o1700))
    equal([entry.name for entry in (folder / "martlet").iterdir() if "@seccomp" not in entry.name], [])


@case("a bundle that is edited and removed after create changes nothing", needs=martlet_only)
def removed_bundle(context):
    change = top(annotations={"a": "b"})
    name, bundle = context.bundle("sleep", "1000", change=change, env=["PATH=/bin", "KEPT=yes"])
    context.must("create", "--bundle", bundle.path, name)
    (bundle.path / "config.json").write_text("{")
    context.must("start", name)
    equal(context.must("exec", name, "sh", "-c", "echo $KEPT").text, "yes\n")
    shutil.rmtree(bundle.path)
    equal(context.must("exec", name, "sh", "-c", "echo $KEPT").text, "yes\n")
    state = context.runtime.state(name)
    equal((state["status"], state["bundle"], state["annotations"]), ("running", str(bundle.path), {"a": "b"}))
    context.must("update", "--pids-limit", "20", name)
    context.must("kill", name, "KILL")
    context.await_status(name, "stopped")
    context.must("delete", name)


# ---- records of other versions

def record(context, name):
    return pathlib.Path(context.runtime.root, name, "state.json")


@case("a record of a later version is refused, and what can be removed by force is", needs=martlet_only)
def later(context):
    name = context.started()
    path = record(context, name)
    state = json.loads(path.read_text())
    state["martlet"]["version"] = 99
    path.write_text(json.dumps(state))
    for command in (("state", name), ("exec", name, "true"), ("kill", name, "KILL"), ("delete", name), ("update", "--pids-limit", "9", name)):
        message = context.must(*command, code=255 if command[0] == "exec" else 1).message
        matches("state.json.*version 99 is later than", message)
    context.must("delete", "--force", name)
    equal(context.status(name), None)


@case("a container whose record an older version wrote is used and deleted", needs=martlet_only)
def older(context):
    name = context.started(env=["PATH=/bin"])
    path = record(context, name)
    now = json.loads(path.read_text())
    folder = pathlib.Path(__file__).parent / "records"
    for file in sorted(folder.glob("state-*.json")):
        old = json.loads(file.read_text())
        for key in ("id", "init_process_pid", "init_process_start", "created", "cgroup_paths", "namespace_paths"):
            old[key] = now[key]
        old["martlet"]["bundle"], old["config"]["rootfs"] = now["martlet"]["bundle"], now["config"]["rootfs"]
        old["config"]["linux"]["cgroupsPath"] = now["config"]["linux"]["cgroupsPath"]
        old["martlet"].update({key: now["martlet"][key] for key in ("driver", "unit") if key in now["martlet"]})
        path.write_text(json.dumps(old))
        equal(context.status(name), "running")
        equal(context.runtime.state(name)["annotations"], {"recorded": file.stem})
        equal(context.must("exec", name, "sh", "-c", "echo $RECORDED").text, file.stem + "\n")
        context.must("pause", name)
        context.must("resume", name)
        context.must("update", "--pids-limit", "20", name)
    context.must("kill", name, "KILL")
    context.await_status(name, "stopped")
    context.must("delete", name)


# ---- signals and streams of the caller

@case("a caller that ignores the ends of its children learns how programs and hooks end")
def heedless(context):
    def run(*arguments):
        return oci.bounded(["env", "--ignore-signal=CHLD", *context.runtime.argv(*arguments)])

    name, bundle = context.bundle("sh", "-c", "exit 7", change=lambda config: config.update(
        hooks={"createRuntime": [{"path": "/bin/true"}]}))
    equal((run("run", "--bundle", bundle.path, name).code, context.status(name)), (7, None))
    name = context.started()
    equal(run("exec", name, "sh", "-c", "exit 9").code, 9)
    listed = run("ps", name)
    check(listed.code == 0 and "sleep" in listed.text, listed.message)
    name, bundle = context.bundle("true", change=lambda config: config.update(
        hooks={"createRuntime": [{"path": "/bin/false"}]}))
    matches("exit status 1", run("run", "--bundle", bundle.path, name).message)


FULL = ["state {}", "list", "list -q", "list --format json", "ps {}", "ps --format json {}", "features", "events --stats {}", "--version",
        "kill --help", "plan {bundle}", "completion bash"]


@cases([(text, text) for text in FULL], "{}: standard output that takes nothing is an error", needs=martlet_only)
def full(context, text):
    name = context.started()
    argv = context.runtime.argv(*text.format(name, bundle=context.made[-1][1].path).split())
    result = oci.bounded(["sh", "-c", 'exec "$@" > /dev/full', "-", *argv])
    equal(result.code, 1)
    matches("write standard output: no space left on device", result.message)
    equal(oci.bounded(["sh", "-c", 'exec "$@" > /dev/null', "-", *argv]).code, 0)
