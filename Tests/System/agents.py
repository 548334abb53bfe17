"""Seccomp agents, default devices, kernel parameters, masked and read-only paths."""
import array
import ctypes
import errno
import fcntl
import select
import socket
import struct
import threading

from changes import *
from harness import *

RECEIVE, SEND = 0xC0502100, 0xC0182101


class Agent:
    """Listens, takes the descriptor of a filter and answers each call, until the filter is gone.

    The answer is an errno, or nothing, which lets the call go on."""

    def __init__(self, context, answer=errno.EOPNOTSUPP):
        self.path = tempfile.mktemp(prefix="agent-", dir=context.folder)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(4)
        self.answer, self.told, self.calls = answer, [], []
        self.spawn(self.listen)

    def spawn(self, target, *arguments):
        threading.Thread(target=target, args=arguments, daemon=True).start()

    def listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                data, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
                while more := connection.recv(65536):
                    data += more
            self.told.append(json.loads(data))
            self.spawn(self.serve, array.array("i", control[0][2])[0])

    def serve(self, descriptor):
        flags = 0 if self.answer else 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
        try:
            while select.select([descriptor], [], [], 20)[0]:
                request = ctypes.create_string_buffer(80)
                fcntl.ioctl(descriptor, RECEIVE, request)
                number, _, _, call = struct.unpack_from("QIIi", request)
                self.calls.append(call)
                fcntl.ioctl(descriptor, SEND, struct.pack("QqiI", number, 0, -(self.answer or 0), flags))
        except OSError:  # the process is gone, or the filter
            pass
        finally:
            os.close(descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def asking(agent, *names, **more):
    return linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": agent.path, "listenerMetadata": "data",
                          "syscalls": [{"names": list(names or ("mkdir", "mkdirat")), "action": "SCMP_ACT_NOTIFY"}], **more})


BOTH = [("with noNewPrivileges", True), ("without noNewPrivileges", False)]


@cases(BOTH, "seccomp: an agent answers for create, start and exec {}", needs=martlet_only)
def agents(context, noNewPrivileges):
    with Agent(context) as agent:
        change = both(asking(agent), process(noNewPrivileges=noNewPrivileges), top(annotations={"a": "b"}),
                      lambda config: config["root"].update(readonly=False))
        script = "mkdir /tmp/x 2>/err; echo $? >/out; sleep 1000"
        name, bundle = context.bundle("sh", "-c", script, own_rootfs=True, change=change)
        context.must("create", "--bundle", bundle.path, name)
        pid = context.runtime.state(name)["pid"]
        check(oci.wait_until(lambda: agent.told), "nobody told the agent")
        told = agent.told[0]
        equal([told["fds"], told["pid"], told["metadata"]], [["seccompFd"], pid, "data"])
        equal({key: told["state"][key] for key in ("id", "status", "pid", "bundle", "annotations")},
              {"id": name, "status": "creating", "pid": pid, "bundle": str(bundle.path), "annotations": {"a": "b"}})
        context.must("start", name)
        check(oci.wait_until(lambda: (bundle.path / "rootfs/out").exists()), "the program does not go on")
        matches("not supported", (bundle.path / "rootfs/err").read_text())
        text = context.must("exec", name, "sh", "-c", "exec 2>&1; mkdir /x; ls /proc/self/fd").text
        matches("not supported", text)
        equal(text.split()[-4:], ["0", "1", "2", "3"])  # 3 is that of ls
        told = agent.told[1]
        equal([told["state"]["status"], told["state"]["pid"]], ["running", pid])
        check(told["pid"] != pid, told)


@cases(BOTH, "seccomp: an agent answers for run {}", needs=martlet_only)
def agent_of_run(context, noNewPrivileges):
    with Agent(context) as agent:
        change = both(asking(agent, flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]),
                      process(noNewPrivileges=noNewPrivileges))
        matches("not supported", context.shell("mkdir /x 2>&1; true", change=change))
        equal([len(agent.told), agent.calls], [1, [83]])


@case("seccomp: an agent that crun's annotation names", needs=martlet_only)
def annotated(context):
    with Agent(context) as agent:
        def change(config):
            asking(agent)(config)
            del config["linux"]["seccomp"]["listenerPath"]
            config["annotations"] = {"run.oci.seccomp.receiver": agent.path}
        matches("not supported", context.shell("mkdir /x 2>&1; true", change=change))


@cases(BOTH, "seccomp: calls of the runtime itself that go to the agent do not hang {}", needs=martlet_only)
def runtime_calls(context, noNewPrivileges):
    with Agent(context, answer=None) as agent:
        calls = ("read", "recvmsg", "sendmsg", "close", "openat", "openat2", "capset", "setresuid", "execve", "prctl")
        change = both(process(noNewPrivileges=noNewPrivileges), asking(agent, *calls))
        equal(context.shell("echo on", change=change), "on\n")


# Ends with 7, and makes no call but that.
ENDING = """__attribute__((naked)) void _start(void) {
#if defined(__x86_64__)
    __asm__("mov $231, %eax; mov $7, %edi; syscall");
#elif defined(__aarch64__)
    __asm__("mov x8, #94; mov x0, #7; svc #0");
#endif
}
"""
ONLY_EXECVE = linux(seccomp={"defaultAction": "SCMP_ACT_KILL_PROCESS",
                             "syscalls": [{"names": ["execve", "exit_group"], "action": "SCMP_ACT_ALLOW"}]})


@case("seccomp: a filter need allow no call of the runtime but execve", needs=tool("gcc"))
def only_execve(context):
    folder = context.folder / "ending"
    folder.mkdir()
    (folder / "end.c").write_text(ENDING)
    subprocess.run(["gcc", "-static", "-nostdlib", "-O1", "-o", folder / "end", folder / "end.c"], check=True)
    change = both(mount("/opt", "bind", str(folder), "bind", "ro"), ONLY_EXECVE)
    context.run("/opt/end", change=change, code=7)
    name = context.created("/opt/end", change=change)
    context.must("start", name)
    context.await_status(name, "stopped")


@case("seccomp: a filter may refuse getcwd, though it comes before the last look at the working directory")
def no_getcwd(context):
    refuse = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]})
    equal(context.run("echo", "on", change=both(process(noNewPrivileges=False), refuse)).text, "on\n")


@case("seccomp: a filter that refuses sendmsg leaves the runtime a way to tell of a failed execve", needs=martlet_only)
def told_of_execve(context):
    change = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["execve", "execveat", "sendmsg"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7}]})
    matches("argument list too long", context.run("true", change=change, code=None).message)


@case("seccomp: an agent that is not there is an error at its place", needs=martlet_only)
def nobody(context):
    for path, text in ((context.folder / "none", "no such file"), ("/etc/passwd", "connection refused")):
        message = context.run("true", change=linux(seccomp={
            "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": str(path),
            "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}), code=1).message
        matches(f"/linux/seccomp/listenerPath.*{text}", message)


@case("seccomp: every architecture of the specification can be named", needs=martlet_only)
def architectures(context):
    names = json.loads(context.must("features").text)["linux"]["seccomp"]["archs"]
    check(len(names) >= 20, names)
    change = both(seccomp(), lambda config: config["linux"]["seccomp"].update(architectures=names))
    matches("not permitted", context.shell("mkdir /x 2>&1; true", change=change))


# ---- devices

@case("default devices can be turned off", needs=martlet_only)
def without_defaults(context):
    def change(config):
        config["linux"]["maskedPaths"] = []
        config["annotations"] = {"io.martlet.default-devices": "null,zero"}
        config["linux"]["devices"] = [{"path": "/dev/other", "type": "c", "major": 1, "minor": 9, "fileMode": 0o666}]
    text = context.shell("ls /dev; head -c1 /dev/zero | wc -c; (: </dev/other) 2>&1; true", change=change)
    check("random" not in text and "full" not in text and "tty\n" not in text, text)
    matches("null\n(?s:.*)\n1\n(?s:.*)not permitted", text)


DENIALS = [("before the denial of all", 0), ("after the denial of all", 1)]


@cases(DENIALS, "a default device that a rule denies by its numbers is denied, {}", needs=martlet_only)
def denied(context, place):
    rules = [{"allow": False, "access": "rwm"}]
    rules.insert(place, {"allow": False, "type": "c", "major": 1, "minor": 9, "access": "rw"})
    text = context.shell("(: </dev/urandom) 2>&1; head -c1 /dev/zero | wc -c", change=resources(devices=rules))
    matches("not permitted\n1$", text.strip())


NODES = [("a block device", {"type": "b", "major": 7, "minor": 0}, r"^brw-rw-rw- +1 0 +0 +7, +0"),
         ("an unbuffered device", {"type": "u", "major": 1, "minor": 7}, r"^crw-rw-rw- +1 0 +0 +1, +7"),
         ("a pipe of somebody else", {"type": "p", "uid": 5, "gid": 6, "fileMode": 0o10640}, r"^prw-r----- +1 5 +6"),
         ("a large minor number", {"type": "c", "major": 511, "minor": 1048575, "fileMode": 0},
          r"^c--------- +1 0 +0 +511, *1048575")]


@cases(NODES, "devices: {}", needs=martlet_only)
def nodes(context, device, wanted):
    for path in ("/dev/mine", "/dev/deep/er/mine"):
        matches(wanted, context.shell(f"ls -ln {path}", change=linux(devices=[{"path": path, **device}])))


# ---- kernel parameters

PARAMETERS = [("of the host's network", {"net.ipv4.ip_forward": "1"}, "network", "not allowed in host network namespace"),
              ("of the host's messages", {"kernel.msgmax": "1"}, "ipc", "not allowed in the hosts ipc namespace")]


@cases(PARAMETERS, "sysctl {}, shared or joined by path, is refused", needs=martlet_only)
def parameters(context, values, kind, text):
    path = "/proc/self/ns/" + {"network": "net"}.get(kind, kind)
    for extra in ((), ({"type": kind, "path": path},)):
        change = both(namespaces(*extra, without=(kind,)), linux(sysctl=values))
        matches(text, context.run("true", change=change, code=1).message)


@case("sysctl of a user namespace, of message queues and of a domain name", needs=martlet_only)
def own_parameters(context):
    change = both(MAPPED, linux(sysctl={"user.max_pid_namespaces": "77", "fs.mqueue.queues_max": "33",
                                        "kernel.domainname": "example", "net.ipv4.conf.lo.forwarding": "1"}))
    equal(context.shell("cd /proc/sys; cat user/max_pid_namespaces fs/mqueue/queues_max kernel/domainname "
                        "net/ipv4/conf/lo/forwarding", change=change), "77\n33\nexample\n1\n")


# ---- masked and read-only paths

@case("masked folders share one empty file system; the same path twice is one mask", needs=martlet_only)
def masks(context):
    change = linux(maskedPaths=["/root", "/tmp", "/root", "/etc/passwd", "/missing", "/etc/group/below"])
    script = "awk '$5 ~ \"^/(root|tmp|etc/passwd)\" {print $3, $5, $6}' /proc/self/mountinfo"
    lines = [line.split() for line in context.run("sh", "-c", script, change=change, own_rootfs=True).text.splitlines()]
    equal([line[1] for line in lines], ["/root", "/tmp", "/etc/passwd"])
    equal(lines[0][0], lines[1][0])
    check(all("ro" in line[2].split(",") for line in lines[:2]), lines)


@case("a read-only path keeps its flags, and what is mounted below it stays", needs=martlet_only)
def read_only(context):
    change = both(mount("/tmp", "tmpfs", "tmpfs", "nosuid", "noexec"), mount("/tmp/below", "tmpfs", "tmpfs"),
                  linux(readonlyPaths=["/tmp", "/missing", "/etc/passwd/x"]))
    text = context.shell("(touch /tmp/x) 2>&1; touch /tmp/below/x && echo below; "
                         "grep ' /tmp ' /proc/self/mountinfo | tail -1", change=change)
    matches("Read-only(?s:.*)below\n.* ro,nosuid,noexec", text)
