"""Podman beyond what the system tests have of it (Tests/System/podman.py, whose cases are part of this list)."""
import importlib

from harness import *

base = importlib.import_module("podman")
podman, image, background, remove, LIMITS, NEEDS = (
    base.podman, base.image, base.background, base.remove, base.LIMITS, base.NEEDS)
SAMPLE = ["podman run: output", "podman run of a command that does not exist has the field's exit code", "podman run -it",
          "podman stats", "podman pause and unpause", "podman healthcheck run", "podman restart gives a new process",
          "podman kube play", "podman run with a named volume that another container reads"]


def inspected(context, name, *path):
    """A value of a container's inspection."""
    found = json.loads(podman(context, "inspect", name).text)[0]
    for key in path:
        found = found[key]
    return found


@case("podman stats", needs=NEEDS)
def stats(context):
    name = background(context, options=("--memory", "64m", "--pids-limit", "50"))
    row = json.loads(podman(context, "stats", "--no-stream", "--format", "json", name).text)[0]
    equal((row["name"], row["pids"]), (name, "1"))
    matches(r"^[\d.]+[kM]?B / 6[47][.\d]*MB$", row["mem_usage"])
    remove(context, name)


@case("podman restart gives a new process", needs=NEEDS)
def restart(context):
    name = background(context)
    before = inspected(context, name, "State", "Pid")
    podman(context, "restart", "--time", "0", name)
    after = inspected(context, name, "State")
    check(after["Running"] and after["Pid"] != before, after)
    remove(context, name)


@case("podman run --restart=on-failure tries again", needs=NEEDS)
def restart_policy(context):
    name = background(context, "sh", "-c", "echo tried; exit 3", options=("--restart", "on-failure:2"))
    equal(podman(context, "wait", name).text.strip(), "3")
    check(oci.wait_until(lambda: podman(context, "logs", name).text == "tried\n" * 3, 20), podman(context, "logs", name).text)
    remove(context, name)


@case("podman stop, by the container's own signal", needs=NEEDS)
def stop_signal(context):
    name = background(context, "sh", "-c", "trap 'exit 9' USR2; echo set; while :; do sleep 0.05; done",
                      options=("--stop-signal", "USR2"))
    check(oci.wait_until(lambda: podman(context, "logs", name).text == "set\n", 20), "no trap")
    podman(context, "stop", "--time", "30", name)
    equal(inspected(context, name, "State", "ExitCode"), 9)
    remove(context, name)


@case("podman run with a named volume that another container reads", needs=NEEDS)
def volume(context):
    podman(context, "volume", "create", "kept")
    try:
        podman(context, "run", "--rm", *LIMITS, "--volume", "kept:/data", image(context), "sh", "-c", "echo seen > /data/file")
        again = podman(context, "run", "--rm", *LIMITS, "--volume", "kept:/data:ro", image(context), "sh", "-c",
                       "cat /data/file; touch /data/more 2>&1; true")
        matches(r"\Aseen\ntouch: .*Read-only file system", again.text)
    finally:
        podman(context, "volume", "rm", "--force", "kept")


@case("podman run --volumes-from", needs=NEEDS)
def volumes_from(context):
    name = background(context, "sh", "-c", "echo shared > /data/file; sleep 1000", options=("--volume", "/data"))
    seen = lambda: podman(context, "run", "--rm", *LIMITS, "--volumes-from", name, image(context), "cat", "/data/file",
                          code=None).text
    check(oci.wait_until(lambda: seen() == "shared\n", 20), "the file is not seen")
    podman(context, "rm", "--force", "--volumes", "--time", "0", name)


@case("podman run --init, by catatonit", needs=lambda context: NEEDS(context) or tool("catatonit")(context))
def catatonit(context):
    result = podman(context, "run", "--rm", *LIMITS, "--init", "--init-path", shutil.which("catatonit"), image(context), "sh",
                    "-c", "cat /proc/1/comm; exit 6", code=6)
    matches(r"^podman-init$", result.text)


MOUNTS = [("a bind mount", "type=bind,src=/usr/share,dst=/data,ro", "ls -d /data/doc; grep -c ' /data ro' /proc/self/mountinfo",
           r"^/data/doc\n1$"),
          ("a tmpfs with size and mode", "type=tmpfs,dst=/data,tmpfs-size=65536,tmpfs-mode=1700",
           "stat -c %a /data; grep ' /data ' /proc/mounts", r"^1700\n.*size=64k"),
          ("an anonymous volume", "type=volume,dst=/data", "touch /data/x && echo on", "^on$"),
          ("the devpts", "type=devpts,dst=/data", "ls /data/ptmx", "^/data/ptmx$")]


@cases(MOUNTS, "podman run --mount: {}", needs=NEEDS)
def mounted(context, option, script, pattern):
    matches(pattern, podman(context, "run", "--rm", *LIMITS, "--mount", option, image(context), "sh", "-c", script).text)


RUNS = [("standard input", ("--interactive",), "cat", "^typed$", 0, b"typed\n"),
        ("a process that a signal ends", (), "sh -c 'kill -TERM $$'; exit $?", "", 143, b""),
        ("a user namespace by --userns=host", ("--userns=host",), "cat /proc/self/uid_map", r"^ *0 +0 +4294967295$", 0, b""),
        ("a rule for devices", ("--device-cgroup-rule", "c 1:3 rmw",), "echo x > /dev/null && echo on", "^on$", 0, b""),
        ("a read-only root without writable places", ("--read-only", "--read-only-tmpfs=false"),
         "touch /tmp/x 2>&1; touch /x 2>&1; true", r"\A(touch: .*Read-only file system\n){2}\Z", 0, b""),
        ("an entrypoint", ("--entrypoint", '["echo", "first"]'), "second", "^first sh -c second$", 0, b""),
        ("capabilities for a user", ("--user", "1000", "--cap-add", "NET_RAW"), "grep CapAmb /proc/self/status",
         r"CapAmb:\s0+2000$", 0, b""),
        ("an unconfined container", ("--security-opt", "unmask=all", "--security-opt", "label=disable"),
         "grep -c ' /proc/' /proc/self/mountinfo", "^0$", 1, b""),
        ("a private IPC namespace's sysctl", ("--sysctl", "kernel.shm_rmid_forced=1"),
         "cat /proc/sys/kernel/shm_rmid_forced", "^1$", 0, b""),
        ("hosts and names", ("--add-host", "other:192.0.2.1"), "grep other /etc/hosts", r"^192\.0\.2\.1\s+other", 0, b""),
        ("CPUs by number", ("--cpuset-cpus", "0"), "grep Cpus_allowed_list /proc/self/status", r"\s0$", 0, b"")]


@cases(RUNS, "podman run with {}", needs=NEEDS)
def run(context, options, script, pattern, code, typed):
    with tempfile.TemporaryFile() as given:
        given.write(typed)
        given.seek(0)
        result = oci.bounded(base.command(context, "run", "--rm", *LIMITS, *options, image(context), "sh", "-c", script), 60,
                             stdin=given, env=base.environment(context))
    check(result.code == code, f"exit {result.code}: {result.message}")
    matches(pattern, result.text)


@case("podman run whose memory is out", needs=NEEDS)
def out_of_memory(context):
    name = background(context, "sh", "-c", "a=x; while :; do a=$a$a; done", options=("--memory", "16m", "--memory-swap", "16m"))
    equal(podman(context, "wait", name).text.strip(), "137")
    remove(context, name)


@case("podman exec: standard input, detached, of a stopped container", needs=NEEDS)
def execs(context):
    name = background(context)
    with tempfile.TemporaryFile() as given:
        given.write(b"through\n")
        given.seek(0)
        argv = base.command(context, "exec", "--interactive", name, "cat")
        equal(oci.bounded(argv, 60, stdin=given, env=base.environment(context)).text, "through\n")
    podman(context, "exec", "--detach", name, "touch", "/left")
    left = lambda: podman(context, "exec", name, "ls", "/left", code=None).code == 0
    check(oci.wait_until(left, 20), "the detached process did nothing")
    podman(context, "stop", "--time", "0", name)
    matches("container state improper", podman(context, "exec", name, "true", code=255).message)
    remove(context, name)


@case("podman exec whose process a signal ends", needs=NEEDS)
def exec_signal(context):
    name = background(context)
    podman(context, "exec", name, "sh", "-c", "kill -9 $$", code=137)
    remove(context, name)


@case("podman attach to a container without a terminal", needs=NEEDS)
def attach(context):
    name = background(context, "sh", "-c", "read line; echo got $line; exit 4", options=("--interactive",))
    with tempfile.TemporaryFile() as given:
        given.write(b"words\n")
        given.seek(0)
        result = oci.bounded(base.command(context, "attach", name), 60, stdin=given, env=base.environment(context))
    equal((result.code, podman(context, "wait", name).text.strip()), (result.code, "4"))
    matches("^got words$", podman(context, "logs", name).text)
    remove(context, name)


@case("podman pause: of a paused container, exec into it, and kill of it", needs=NEEDS)
def paused(context):
    name = background(context)
    podman(context, "pause", name)
    check(podman(context, "pause", name, code=None).code, "a second pause is accepted")
    check(podman(context, "exec", name, "true", code=None).code, "exec into a paused container is accepted")
    podman(context, "unpause", name)
    podman(context, "kill", name)
    equal(podman(context, "wait", name).text.strip(), "137")
    matches("can only kill running containers", podman(context, "kill", name, code=125).message)
    remove(context, name)


@case("podman healthcheck: what inspect tells of it", needs=NEEDS)
def health(context):
    name = background(context, options=("--health-cmd", "test -e /well", "--health-interval", "disable", "--health-retries", "1"))
    podman(context, "healthcheck", "run", name, code=1)
    equal(inspected(context, name, "State", "Health", "Status"), "unhealthy")
    podman(context, "exec", name, "touch", "/well")
    podman(context, "healthcheck", "run", name)
    equal(inspected(context, name, "State", "Health", "Status"), "healthy")
    remove(context, name)


PAUSE = """#include <signal.h>
#include <unistd.h>
static void end(int signal) { _exit(0); }
int main(void) { signal(SIGTERM, end); for (;;) pause(); }
"""


base.SETTINGS.append('infra_image = "localhost/infra"')


def make_infra(context):
    """Makes the image of a pod's first container."""
    folder = context.folder / "infra-root"
    if not folder.exists():
        folder.mkdir()
        shutil.copy(base.program(context, "infra", PAUSE), folder / "pause")
        archive = context.folder / "infra.tar"
        subprocess.run(["tar", "-C", folder, "-cf", archive, "."], check=True)
        podman(context, "import", "--quiet", "--change", 'ENTRYPOINT ["/pause"]', archive, "localhost/infra")


KUBE = """apiVersion: v1
kind: Pod
metadata: {name: played}
spec:
  hostname: inside
  volumes:
  - {name: shared, emptyDir: {}}
  containers:
  - name: one
    image: localhost/busybox
    command: [/bin/sh, -c, "exec /bin/sleep 1000"]
    env: [{name: A, value: b}]
    resources: {limits: {memory: 64Mi}}
    securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true, capabilities: {drop: [all]}}
    volumeMounts: [{name: shared, mountPath: /shared}]
  - name: two
    image: localhost/busybox
    command: [/bin/sh, -c, "echo prepared > /shared/file; /bin/hostname; exec /bin/sleep 1000"]
    volumeMounts: [{name: shared, mountPath: /shared}]
"""


@case("podman kube play", needs=base.needs_compiler)
def kube(context):
    image(context)
    make_infra(context)
    file = context.folder / "pod.yaml"
    file.write_text(KUBE)
    try:
        podman(context, "kube", "play", "--network", "none", file)
        logged = lambda: podman(context, "logs", "played-two").text == "inside\n"
        check(oci.wait_until(logged, 20), podman(context, "logs", "played-two").text)
        script = "id -u; echo $A; cat /shared/file; touch /x 2>&1; grep CapBnd /proc/self/status"
        matches(r"\A1000\nb\nprepared\ntouch: .*Read-only file system\nCapBnd:\s0+\Z",
                podman(context, "exec", "played-one", "/bin/sh", "-c", "PATH=/bin; " + script).text.strip())
        equal(inspected(context, "played-one", "HostConfig", "Memory"), 64 << 20)
    finally:
        podman(context, "pod", "rm", "--force", "--time", "0", "played", code=None)


@case("podman pod: top, stats, kill and restart", needs=base.needs_compiler)
def pods(context):
    image(context)
    make_infra(context)
    podman(context, "pod", "create", "--name", "several", "--network", "none", "--share", "net,ipc,uts")
    try:
        for name in ("first", "second"):
            podman(context, "run", "--detach", "--pod", "several", "--name", name, "--stop-timeout", "0", image(context), "sleep", "1000")
        equal(podman(context, "pod", "top", "several", "comm").text.split().count("sleep"), 2)
        rows = json.loads(podman(context, "pod", "stats", "--no-stream", "--format", "json", "several").text)
        equal(len(rows), 3)
        podman(context, "pod", "restart", "several")
        equal(podman(context, "exec", "second", "echo", "on").text, "on\n")
        podman(context, "pod", "kill", "several")
        equal(podman(context, "wait", "first").text.strip(), "137")
    finally:
        podman(context, "pod", "rm", "--force", "--time", "0", "several")


@case("podman container that joins another's user namespace and volumes", needs=NEEDS)
def joined(context):
    name = background(context, "sh", "-c", "echo in > /data/x; sleep 1000",
                      options=("--uidmap", "0:100000:65536", "--volume", "/data"))
    seen = lambda: podman(context, "run", "--rm", *LIMITS, "--userns", f"container:{name}", "--volumes-from", name,
                          image(context), "sh", "-c", "cat /data/x; stat -c %u /data/x", code=None).text
    check(oci.wait_until(lambda: seen() == "in\n0\n", 20), seen())
    podman(context, "rm", "--force", "--volumes", "--time", "0", name)


TEXTS = [("start of a container that runs no program", ("create", "--name", "wrong", "IMAGE", "/no/such"),
          ("start", "wrong"), 125, "no such file or directory"),
         ("a container that does not exist", None, ("start", "nobody"), 125, "no such container"),
         ("a name that is taken", ("create", "--name", "taken", "IMAGE", "true"), ("create", "--name", "taken", "IMAGE", "true"), 125,
          "already in use")]


@cases(TEXTS, "podman's error: {}", needs=NEEDS)
def texts(context, before, command, code, text):
    with_image = lambda words: [image(context) if word == "IMAGE" else word for word in words]
    name = None
    if before:
        options = with_image(before)
        name = options[2]
        podman(context, options[0], *LIMITS, *options[1:])
    matches(text, podman(context, *with_image(command), code=code).message)
    if name:
        remove(context, name)


@case("podman ps, inspect and events tell how a container ended", needs=NEEDS)
def ended(context):
    name = background(context, "sh", "-c", "exit 8")
    equal(podman(context, "wait", name).text.strip(), "8")
    matches(r"Exited \(8\)", podman(context, "ps", "--all", "--filter", f"name={name}").text)
    kinds = podman(context, "events", "--stream=false", "--filter", f"container={name}", "--format", "{{.Status}}").text.split()
    check({"create", "init", "start", "died"} <= set(kinds), kinds)
    remove(context, name)


@case("podman info names the runtime and its version", needs=NEEDS)
def info(context):
    found = json.loads(podman(context, "info", "--format", "json").text)["host"]["ociRuntime"]
    check(found["path"] == context.runtime.path and f"{context.runtime.name} version" in found["version"], found)


@case("podman commit of a running container, and a run of what it made", needs=NEEDS)
def commit(context):
    name = background(context)
    podman(context, "exec", name, "sh", "-c", "echo kept > /file")
    podman(context, "commit", "--quiet", "--pause", name, "localhost/committed")
    equal(podman(context, "exec", name, "echo", "on").text, "on\n")
    remove(context, name)
    equal(podman(context, "run", "--rm", *LIMITS, "localhost/committed", "cat", "/file").text, "kept\n")
    podman(context, "rmi", "localhost/committed")


@case("podman run of twenty containers at once", needs=NEEDS)
def crowd(context):
    names = [f"crowd-{number}" for number in range(20)]
    image(context)
    running = [subprocess.Popen(base.command(context, "run", "--rm", "--name", name, *LIMITS, image(context), "echo", name),
                                env=base.environment(context), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for name in names]
    oci.RUNNING.update(process.pid for process in running)
    try:
        found = [process.communicate(timeout=120 * oci.PATIENCE) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
            oci.RUNNING.discard(process.pid)
    equal([out for out, _ in found], [f"{name}\n" for name in names])
