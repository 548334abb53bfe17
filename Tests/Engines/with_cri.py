"""Kubernetes' side of containerd: pods and containers through the container runtime interface, with the runtime as a
handler of its own. The pods use the host's network, so no network plugin is needed."""
import contextlib

import daemon
import images
import messages
from harness import *

PYTHON = "/usr/bin/python3"
SAMPLE = ["CRI: a pod with two containers that share its namespaces", "CRI: ExecSync's output and exit code",
          "CRI: an in-place change of resources"]
IMAGE, PAUSE_IMAGE = "localhost/busybox:latest", "localhost/pause:latest"
PAUSE = """#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { _exit(0); }
static void reap(int signal) { while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) { signal(SIGTERM, end); signal(SIGINT, end); signal(SIGCHLD, reap); for (;;) pause(); }
"""
CONFIGURATION = """version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{folder}/socket"
[ttrpc]
  address = "{folder}/socket.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "tested"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested.options]
        BinaryName = "{runtime}"
        Root = "{folder}/runtime"
"""
CREATED, RUNNING, EXITED = 0, 1, 2  # of containers
OWN, NODE = 1, 2  # a namespace of the container, and of the host


def needs(context):
    missing = daemon.needs("containerd", "containerd-shim-runc-v2", "ctr", "gcc")(context)
    if missing:
        return missing
    found = oci.bounded([PYTHON, "-c", "import grpc"])
    return None if found.code == 0 else "python3-grpcio is not installed"


def call(context, method, request, service="RuntimeService", fails=False):
    """A call's answer, decoded; of one that has to fail, the error's text."""
    daemon.once(context, start)
    with tempfile.TemporaryFile() as given:
        given.write(messages.encode(request))
        given.seek(0)
        argv = [PYTHON, str(pathlib.Path(__file__).with_name("cri_call.py")), f"{context.folder}/cri/socket", f"{service}/{method}"]
        result = oci.bounded(argv, 150, stdin=given)
    check((result.code != 0) == fails, f"{method}: exit {result.code}: {result.message}")
    return result.message if fails else messages.decode(result.out)


def start(context):
    """A daemon with folders and a socket of its own, and images of busybox and of a pod's first process."""
    folder = context.folder / "cri"
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIGURATION.format(folder=folder, pause=PAUSE_IMAGE, runtime=context.runtime.path))
    engine = daemon.Daemon(context, "containerd-cri", ["containerd", "--config", folder / "config.toml"])
    ctr = lambda *words: oci.bounded(["ctr", "--address", f"{folder}/socket", "--namespace", "k8s.io", *map(str, words)], 60)
    engine.await_answer(lambda: ctr("version").code == 0)
    (folder / "pause.c").write_text(PAUSE)
    (folder / "pause").mkdir()
    subprocess.run(["gcc", "-static", "-O1", "-o", folder / "pause/pause", folder / "pause.c"], check=True)
    for name, root, words in ((IMAGE, context.rootfs, ["sh"]), (PAUSE_IMAGE, folder / "pause", ["/pause"])):
        made = ctr("images", "import", "--snapshotter", "native",
                   images.save(folder / "image.tar", name, root, Env=["PATH=/bin"], Entrypoint=words))
        check(made.code == 0, made.message)
    return engine


def await_images(context):
    """The plugin learns of images by events: waits until it knows both."""
    def known():
        listed = call(context, "ListImages", {}, service="ImageService").get(1, [])
        return {name.decode() for row in listed for name in messages.decode(row).get(2, [])} >= {IMAGE, PAUSE_IMAGE}
    check(oci.wait_until(known, 60), "the images are not known")


def sandbox(context, name, pids=OWN):
    """A pod's configuration. Without a network plugin it has the host's network; its containers have pid namespaces of
    their own, or (0) share one."""
    return {1: {1: name, 2: name, 3: "tests"}, 6: [("app", name)],
            8: {1: f"{context.parent}/cri/{name}", 2: {1: {1: NODE, 2: pids}}}}


@contextlib.contextmanager
def pod(context, **how):
    """A running pod: its identity and configuration."""
    await_images(context)
    context.number += 1
    made = sandbox(context, f"pod-{context.number}", **how)
    identity = call(context, "RunPodSandbox", {1: made, 2: "tested"})[1][0].decode()
    try:
        yield identity, made
    finally:
        call(context, "StopPodSandbox", {1: identity})
        call(context, "RemovePodSandbox", {1: identity})


def create(context, of, *command, name="main", **more):
    """A created container of a pod. `more` are fields of its Linux part: `resources`, `security`, and `config`."""
    identity, made = of
    linux = {1: more.get("resources", {}), 2: {3: {1: NODE, 2: OWN}, **more.get("security", {})}}
    config = {1: {1: name}, 2: {1: IMAGE}, 3: list(command or ("sleep", "1000")), **more.get("config", {}), 15: linux}
    return call(context, "CreateContainer", {1: identity, 2: config, 3: made})[1][0].decode()


def started(context, of, *command, **more):
    container = create(context, of, *command, **more)
    call(context, "StartContainer", {1: container})
    return container


def execute(context, container, *command, timeout=60):
    """Standard output, standard error and exit code."""
    answer = call(context, "ExecSync", {1: container, 2: list(command), 3: timeout})
    return answer.get(1, [b""])[0].decode(), answer.get(2, [b""])[0].decode(), answer.get(3, [0])[0]


def status(context, container):
    """State and exit code."""
    told = messages.decode(call(context, "ContainerStatus", {1: container})[1][0])
    return told.get(3, [0])[0], told.get(7, [0])[0]


def await_exit(context, container, code):
    check(oci.wait_until(lambda: status(context, container)[0] == EXITED, 60), "it does not end")
    equal(status(context, container), (EXITED, code))


@case("CRI: a pod with two containers that share its namespaces", needs=needs)
def share(context):
    with pod(context) as of:
        one, two = started(context, of, name="one"), started(context, of, name="two")
        show = ("sh", "-c", "for n in ipc uts net; do readlink /proc/self/ns/$n; done")
        equal(execute(context, one, *show), execute(context, two, *show))
        mine = execute(context, one, "readlink", "/proc/self/ns/pid")
        check(mine != execute(context, two, "readlink", "/proc/self/ns/pid"), "they share the pid namespace")


@case("CRI: ExecSync's output and exit code", needs=needs)
def exec_sync(context):
    with pod(context) as of:
        container = started(context, of)
        equal(execute(context, container, "sh", "-c", "echo out; echo err >&2; exit 5"), ("out\n", "err\n", 5))
        failing = {1: container, 2: ["/no/such/command"], 3: 60}
        matches("no such file or directory", call(context, "ExecSync", failing, fails=True))


@case("CRI: ExecSync whose time is up", needs=needs)
def exec_timeout(context):
    with pod(context) as of:
        container = started(context, of)
        matches("timeout 1s exceeded|DeadlineExceeded", call(context, "ExecSync", {1: container, 2: ["sleep", "1000"], 3: 1}, fails=True))
        gone = lambda: execute(context, container, "ps")[0].count("sleep 1000") == 1
        check(oci.wait_until(gone, 30), "the process is left")


@case("CRI: an in-place change of resources", needs=needs)
def update(context):
    with pod(context) as of:
        container = started(context, of, resources={3: 200, 4: 64 << 20})
        call(context, "UpdateContainerResources", {1: container, 2: {3: 300, 4: 96 << 20}})
        place = f"{of[1][8][1]}/{container}"
        files = {"memory": "memory.limit_in_bytes", "cpu": "cpu.shares"}
        seen = {controller: (found / file).read_text().strip() for controller, file in files.items()
                for found in oci.cgroups(place) if f"/{controller}/" in str(found)}
        if seen:
            equal(seen, {"memory": str(96 << 20), "cpu": "300"})
        equal(execute(context, container, "echo", "on")[0], "on\n")


@case("CRI: the exit code of a container, and its stop by signal and by time", needs=needs)
def stop(context):
    with pod(context) as of:
        await_exit(context, started(context, of, "sh", "-c", "exit 7", name="short"), 7)
        trapping = started(context, of, "sh", "-c", "trap 'exit 9' TERM; touch /set; while :; do sleep 0.05; done", name="kind")
        check(oci.wait_until(lambda: execute(context, trapping, "ls", "/set")[2] == 0, 60), "no trap")
        call(context, "StopContainer", {1: trapping, 2: 60})
        await_exit(context, trapping, 9)
        stubborn = started(context, of, name="stubborn")
        call(context, "StopContainer", {1: stubborn, 2: 1})
        await_exit(context, stubborn, 137)
        call(context, "RemoveContainer", {1: stubborn})


FAILED = [("that does not exist", "/no/such/command", "no such file or directory"),
          ("that is nowhere in PATH", "no-such-command", r"executable file not found in \$PATH"),
          ("that is a folder", "/etc", "permission denied|is a directory")]


@cases(FAILED, "CRI: the error of a program {}", needs=needs)
def failed(context, program, text):
    with pod(context) as of:
        container = create(context, of, program)
        matches("OCI runtime create failed: .*(" + text + ")", call(context, "StartContainer", {1: container}, fails=True))
        equal(status(context, container)[0], EXITED)


SECURITY = [("a user", {5: {1: 1000}}, "id -u", "^1000$"), ("a read-only root", {7: True}, "touch /x 2>&1; true", "Read-only"),
            ("dropped capabilities", {1: {2: ["ALL"]}}, "grep CapBnd /proc/self/status", r"CapBnd:\s0{16}"),
            ("an added capability", {1: {1: ["NET_ADMIN"], 2: ["ALL"]}}, "grep CapEff /proc/self/status", r"CapEff:\s0{12}1000"),
            ("no new privileges", {11: True}, "grep NoNewPrivs /proc/self/status", r"\s1$"),
            ("the default seccomp profile", {15: {1: 0}}, "grep Seccomp: /proc/self/status", r"Seccomp:\s2"),
            ("more groups", {8: [55, 66]}, "id -G", r"\b55 66\b"),
            ("the pod's pid namespace", {3: {1: NODE, 2: 0}}, "ps", "/pause")]


@cases(SECURITY, "CRI: a container with {}", needs=needs)
def secured(context, security, script, pattern):
    shared = {"pids": 0} if 3 in security else {}
    with pod(context, **shared) as of:
        matches(pattern, execute(context, started(context, of, security=security), "sh", "-c", script)[0])


@case("CRI: environment, working directory and a mount", needs=needs)
def settings(context):
    await_images(context)
    shared = context.folder / "cri/shared"
    shared.mkdir(exist_ok=True)
    (shared / "file").write_text("seen\n")
    config = {5: "/tmp", 6: [{1: "A", 2: "b"}], 7: [{1: "/data", 2: str(shared), 3: True}]}
    with pod(context) as of:
        container = started(context, of, config=config)
        script = "pwd; echo $A; cat /data/file; touch /data/x 2>&1; true"
        matches(r"\A/tmp\nb\nseen\ntouch: .*Read-only", execute(context, container, "sh", "-c", script)[0])


@case("CRI: statistics of a container", needs=needs)
def stats(context):
    with pod(context) as of:
        container = started(context, of)
        told = messages.decode(call(context, "ContainerStats", {1: container})[1][0])
        memory = messages.decode(messages.decode(told[3][0])[2][0])
        check(memory[1][0] > 0, memory)


@case("CRI: a log in the kubelet's format", needs=needs)
def log(context):
    await_images(context)
    folder = context.folder / "cri/logs"
    folder.mkdir(exist_ok=True)
    context.number += 1
    made = {**sandbox(context, f"pod-{context.number}"), 3: str(folder)}
    identity = call(context, "RunPodSandbox", {1: made, 2: "tested"})[1][0].decode()
    try:
        container = started(context, (identity, made), "sh", "-c", "echo out; echo err >&2", config={11: "0.log"})
        await_exit(context, container, 0)
        text = (folder / "0.log").read_text()
        check(" stdout F out\n" in text and " stderr F err\n" in text, text)
    finally:
        call(context, "StopPodSandbox", {1: identity})
        call(context, "RemovePodSandbox", {1: identity})


@case("CRI: a pod that is removed leaves no cgroup and no state", needs=needs)
def leftovers(context):
    with pod(context) as of:
        container = started(context, of)
        place = of[1][8][1]
        check(oci.cgroups(f"{place}/{container}"), "it has no cgroup")
    for name in (container, of[0]):
        equal([str(found) for found in oci.cgroups(f"{place}/{name}")], [])
        equal(list((context.folder / "cri/runtime/k8s.io").glob(name)), [])
