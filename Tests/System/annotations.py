"""Annotations that other runtimes know, and what a container gets of its caller."""
import array
import socket
import threading

from changes import *
from harness import *


def annotation(name, text):
    return lambda config: config.setdefault("annotations", {}).update({name: text})


def is_martlet_or_crun(context):
    return None if context.runtime.name in ("martlet", "crun") else f"{context.runtime.name} does not know them"


def as_caller(context, arguments, before):
    """Runs a command of the runtime by a shell that changes itself first."""
    return oci.bounded(["sh", "-c", before + '; exec "$@"', "sh", *context.runtime.argv(*arguments)])


@case("run.oci.keep_original_groups keeps the caller's groups", needs=is_martlet_or_crun)
def groups(context):
    for text, wanted in (("1", "7 8"), ("0", "5")):
        change = both(annotation("run.oci.keep_original_groups", text),
                      process(user={"uid": 3, "gid": 3, "additionalGids": [5]}))
        name, bundle = context.bundle("grep", "Groups", "/proc/self/status", change=change)
        command = context.runtime.argv("run", "--bundle", bundle.path, name)
        result = oci.bounded(["setpriv", "--groups", "7,8", *command])
        if text == "1" or context.is_martlet:  # crun takes any text
            matches(rf"Groups:\s{wanted} *$", result.text)


@case("run.oci.pidfd_receiver gets the first process's descriptor", needs=martlet_only)
def receiver(context):
    path = context.folder / "pidfd"
    seen = {}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(20)

        def take():
            peer, _ = listener.accept()
            with peer:
                text, control, _, _ = peer.recvmsg(65536, socket.CMSG_SPACE(4))
                seen["text"], seen["fd"] = json.loads(text), array.array("i", control[0][2])[0]

        thread = threading.Thread(target=take)
        thread.start()
        name = context.created(change=annotation("run.oci.pidfd_receiver", str(path)))
        thread.join()
    pid = context.runtime.state(name)["pid"]
    with open(f"/proc/self/fdinfo/{seen['fd']}") as info:
        matches(rf"Pid:\s{pid}$", info.read())
    os.close(seen["fd"])
    equal((seen["text"]["fds"], seen["text"]["pid"], seen["text"]["state"]["id"]), (["pidfd"], pid, name))


@case("run.oci.pidfd_receiver that nobody listens at fails the creation", needs=martlet_only)
def nobody(context):
    change = annotation("run.oci.pidfd_receiver", "/nowhere/socket")
    matches("pidfd_receiver", context.run("true", change=change, code=1).message)


@case("run.oci.hooks.stdout and .stderr keep what hooks write", needs=is_martlet_or_crun)
def hook_files(context):
    out, errors = context.folder / "hooks.out", context.folder / "hooks.err"
    hook = [{"path": "/bin/sh", "args": ["sh", "-c", "echo out; echo err >&2"]}]
    change = both(annotation("run.oci.hooks.stdout", str(out)), annotation("run.oci.hooks.stderr", str(errors)),
                  top(hooks={"createRuntime": hook, "createContainer": hook, "startContainer": hook, "poststart": hook,
                             "poststop": hook}))
    name, bundle = context.bundle("sleep", "1000", change=change)
    context.must("create", "--bundle", bundle.path, name)
    context.must("start", name)
    context.must("delete", "--force", name)
    equal((out.read_text(), errors.read_text()), ("out\n" * 5, "err\n" * 5))


@case("run.oci.seccomp_fail_unknown_syscall", needs=is_martlet_or_crun)
def unknown_calls(context):
    rule = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW",
                          "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO"}]})
    context.run("true", change=rule)
    change = both(rule, annotation("run.oci.seccomp_fail_unknown_syscall", "1"))
    matches("no_such_call", context.run("true", change=change, code=1).message)


@case("a device in a default device's place brings its own rule", needs=martlet_only)
def replaced(context):
    device = linux(devices=[{"path": "/dev/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 0o644}])
    rule = resources(devices=[{"allow": False, "access": "rwm"},
                              {"allow": True, "type": "c", "major": 1, "minor": 5, "access": "r"}])
    script = "ls -l /dev/zero; head -c 1 /dev/zero 2>&1 >/dev/null && echo read; echo x 2>&1 >/dev/zero; true"
    matches("^crw-r--r--.*\n.*not permitted\n.*not permitted", context.shell(script, change=device))
    matches("^crw-r--r--.*\nread\n.*not permitted", context.shell(script, change=both(device, rule)))


@case("a tmpfs with mapped ids takes the mode of what it covers", needs=martlet_only)
def mapped_mode(context):
    maps = [{"containerID": 0, "hostID": 5, "size": 1}]
    name, bundle = context.bundle("stat", "-c", "%a %u", "/place", own_rootfs=True, change=lambda config:
                                  config["mounts"].append({"destination": "/place", "type": "tmpfs", "source": "t",
                                                           "options": ["idmap"], "uidMappings": maps, "gidMappings": maps}))
    (bundle.path / "rootfs/place").mkdir()
    (bundle.path / "rootfs/place").chmod(0o1750)
    matches("^1750 5$", context.must("run", "--bundle", bundle.path, name).text)


@case("options that speak of no attribute of a mount are errors with a bind", needs=martlet_only)
def no_attribute(context):
    for name in ("rsync", "rasync", "rdirsync", "rmand", "rnomand"):
        change = mount("/tmp", "bind", "/usr/share", "rbind", name)
        matches(name, context.run("true", change=change, code=1).message)


@case("a container runs on every CPU, whatever its caller runs on",
      needs=lambda context: None if os.cpu_count() > 1 else "there is one CPU")
def affinity(context):
    wanted = "Cpus_allowed_list:\t" + subprocess.run(
        ["taskset", "-c", f"0-{os.cpu_count() - 1}", "grep", "Cpus_allowed_list", "/proc/self/status"],
        capture_output=True, text=True, check=True).stdout.split()[-1]
    name, bundle = context.bundle("grep", "Cpus_allowed_list", "/proc/self/status")
    result = oci.bounded(["taskset", "-c", "0", *context.runtime.argv("run", "--bundle", bundle.path, name)])
    matches(wanted, result.text)
    started = context.started()
    result = oci.bounded(["taskset", "-c", "0", *context.runtime.argv("exec", started, "grep", "Cpus_allowed_list",
                                                                      "/proc/self/status")])
    matches(wanted, result.text)


@case("plan shows what is done outside the process, too", needs=martlet_only)
def planned(context):
    change = both(resources(pids={"limit": 55}), top(hooks={"poststop": [{"path": "/bin/true"}]}))
    name, bundle = context.bundle("true", change=change)
    text = context.must("plan", bundle.path).text
    for pattern in (r"\Aborn with the process\n +-  new namespaces.*/linux/namespaces", "^ +-  cgroup: .*/linux/cgroupsPath",
                    r'^/linux/resources/pids\n +-  limit: pids.max = "55"', "^ +-  devices: allow c 1:3 rwm",
                    r'^/hooks/poststop/0\n +-  hook: poststop "/bin/true"'):
        matches(pattern, text)
    effects = json.loads(context.must("plan", "--format", "json", bundle.path).text)["effects"]
    check({"effect": 'limit: pids.max = "55"', "origin": "/linux/resources/pids"} in effects, effects)
