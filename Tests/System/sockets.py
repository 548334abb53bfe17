"""The sockets that a caller hands to the runtime: of its service manager, and for pidfds."""
import array
import contextlib
import signal
import socket
import stat
import threading
import time

from changes import *
from harness import *

# Says each of its arguments to its manager; three of them are orders.
TELL = r"""#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(5); }
int main(int count, char **words) {
  struct sockaddr_un address = {AF_UNIX, {0}};
  int s = socket(AF_UNIX, SOCK_DGRAM, 0);
  signal(SIGTERM, end);
  if (!getenv("NOTIFY_SOCKET")) return 7;
  strncpy(address.sun_path, getenv("NOTIFY_SOCKET"), sizeof address.sun_path - 1);
  if (connect(s, (struct sockaddr *)&address, sizeof address)) return 8;
  for (int i = 1; i < count; i++) {
    if (!strcmp(words[i], "flood")) for (;;) send(s, "STATUS=flood", 12, MSG_NOSIGNAL);
    if (!strcmp(words[i], "stay")) for (;;) pause();
    if (!strcmp(words[i], "barrier")) {
      int ends[2];
      char control[CMSG_SPACE(sizeof(int))] = {0}, byte;
      struct iovec part = {"BARRIER=1", 9};
      struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                               .msg_controllen = sizeof control};
      struct cmsghdr *header = CMSG_FIRSTHDR(&message);
      if (pipe(ends)) return 9;
      header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int));
      memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
      if (sendmsg(s, &message, MSG_NOSIGNAL) < 0) return 10;
      close(ends[1]);
      if (read(ends[0], &byte, 1)) return 11;
      puts("seen"), fflush(stdout);
    } else if (send(s, words[i], strlen(words[i]), MSG_NOSIGNAL) < 0) return 12;
  }
  return 0;
}
"""


class Manager:
    """A service manager's socket. It notes what it is told, and closes what comes with it."""

    def __init__(self, context, name=None, hears=True):
        self.address = name or tempfile.mktemp(prefix="manager-", dir=context.folder)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address.replace("@", "\0", 1) if name else self.address)
        self.said = []
        if hears:
            threading.Thread(target=self.listen, daemon=True).start()
        else:
            self.fill()

    def listen(self):
        with contextlib.suppress(OSError):
            while data := self.socket.recvmsg(65536, socket.CMSG_SPACE(4 * 8)):
                for _, _, descriptors in data[1]:
                    for descriptor in array.array("i", descriptors):
                        os.close(descriptor)
                if data[0] == b"end":
                    return
                self.said.append(data[0].decode(errors="replace"))

    def fill(self):
        """Sends to it until nothing more fits."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(BlockingIOError):
            sender.setblocking(False)
            while True:
                sender.sendto(b"X=1", self.address)

    def hears(self, *wanted):
        check(oci.wait_until(lambda: len(self.said) >= len(wanted), 20), f"told {self.said}, not {wanted}")
        equal(self.said, list(wanted))

    @property
    def env(self):
        return {**os.environ, "NOTIFY_SOCKET": self.address}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            sender.setblocking(False)
            sender.sendto(b"end", self.socket.getsockname())
        self.socket.close()


def needs(context):
    return martlet_only(context) or tool("gcc")(context)


def telling(context, *words, change=None, **more):
    """A bundle whose program tells its manager these words."""
    folder = context.folder / "tell"
    if not folder.exists():
        folder.mkdir()
        (folder / "tell.c").write_text(TELL)
        subprocess.run(["gcc", "-static", "-O1", "-o", folder / "tell", folder / "tell.c"], check=True)
        (folder / "tell.c").unlink()
    program = mount("/opt", "bind", str(folder), "bind", "ro")
    name, bundle = context.bundle("/opt/tell", *words, change=both(program, change or (lambda config: None)),
                                  own_rootfs=True, **more)
    for path in ("opt", "run/notify"):  # the root of a user namespace could not make them
        (bundle.path / "rootfs" / path).mkdir(parents=True)
    return name, bundle


def pid_of(context, name):
    return context.runtime.state(name)["pid"]


WAYS = [("run --detach", False, None), ("run --detach with a user namespace", False, MAPPED), ("create and start", True, None)]


@cases(WAYS, "{}: the manager hears of the container when it is ready", needs=needs)
def ready(context, twice, change):
    with Manager(context) as manager:
        name, bundle = telling(context, "STATUS=soon", "READY=1\nMAINPID=1\n", "stay", change=change)
        if twice:
            context.must("create", "--bundle", bundle.path, name, env=manager.env)
            equal(manager.said, [])
            context.must("start", name, env=manager.env)
        else:
            context.must("run", "--detach", "--bundle", bundle.path, name, env=manager.env)
        pid = pid_of(context, name)
        manager.hears("STATUS=soon\n", f"MAINPID={pid}\nREADY=1\n", "BARRIER=1")
        equal(context.status(name), "running")


@case("a container in the foreground is the manager's through the runtime, which stays its main process", needs=needs)
def foreground(context):
    with Manager(context) as manager:
        name, bundle = telling(context, "READY=1", "WATCHDOG=1", "barrier", "STOPPING=1")
        argv = context.runtime.argv("run", "--bundle", bundle.path, name)
        child = subprocess.Popen(argv, env=manager.env, stdout=subprocess.PIPE, start_new_session=True)
        oci.RUNNING.add(child.pid)
        try:
            text = child.communicate(timeout=20 * oci.PATIENCE)[0]
        finally:
            child.kill()
            oci.RUNNING.discard(child.pid)
        equal((child.returncode, text), (0, b"seen\n"))
        manager.hears(f"MAINPID={child.pid}\nREADY=1\n", "WATCHDOG=1\n", "STOPPING=1\n")


@case("a manager whose socket has no file hears as well", needs=needs)
def abstract(context):
    with Manager(context, name=f"@{context.folder.name}") as manager:
        name, bundle = telling(context, "READY=1", "stay")
        context.must("run", "--detach", "--bundle", bundle.path, name, env=manager.env)
        manager.hears(f"MAINPID={pid_of(context, name)}\nREADY=1\n", "BARRIER=1")


@case("what a container has no right to say is not passed on", needs=needs)
def untrusted(context):
    with Manager(context) as manager:
        words = ("FDSTORE=1", "X", "STATUS=\x1b[31m", "STATUS=" + 5000 * "x", "READY=2", "STATUS=a\nFDNAME=b\nREADY=1", "stay")
        name, bundle = telling(context, *words)
        context.must("run", "--detach", "--bundle", bundle.path, name, env=manager.env)
        manager.hears(f"MAINPID={pid_of(context, name)}\nSTATUS=a\nREADY=1\n", "BARRIER=1")


@case("the socket's directory is the container's to see and nobody else's", needs=needs)
def private(context):
    with Manager(context) as manager:
        name, bundle = context.bundle("sleep", "1000", own_rootfs=True)
        context.must("create", "--bundle", bundle.path, name, env=manager.env)
        folder = pathlib.Path(context.runtime.root, name, "notify")
        equal([stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "shared")], [0o700, 0o755])
        mounts = pathlib.Path(f"/proc/{pid_of(context, name)}/mountinfo").read_text()
        matches(r" /run/notify ro,nosuid,nodev,noexec,", mounts)
        context.must("start", name)
        environment = context.must("exec", name, "cat", "/proc/1/environ").text.split("\0")
        check("NOTIFY_SOCKET=/run/notify/notify.sock" in environment, environment)
        check("NOTIFY" not in context.must("exec", name, "env").text, "exec has the socket")
        matches("Read-only", context.must("exec", name, "touch", "/run/notify/x", code=1).message)


@case("a container that ends before it is ready is not waited for", needs=needs)
def absent(context):
    with Manager(context) as manager:
        name, bundle = telling(context, "STATUS=no")
        context.must("run", "--detach", "--bundle", bundle.path, name, env=manager.env)
        manager.hears("STATUS=no\n")
        context.await_status(name, "stopped")


@case("a container is not waited for where there is no manager that it could be ready for", needs=needs)
def nobody(context):
    env = {**os.environ, "NOTIFY_SOCKET": str(context.folder / "nobody")}
    name, bundle = context.bundle("sleep", "1000", own_rootfs=True)
    context.must("run", "--detach", "--bundle", bundle.path, name, env=env)
    name, bundle = context.bundle("sleep", "1000", own_rootfs=True)
    context.must("create", "--bundle", bundle.path, name, env=env)
    context.must("start", name, env=env)
    equal(context.status(name), "running")


@case("start without a socket, or with one that create had none of, starts the container", needs=needs)
def half(context):
    with Manager(context) as manager:
        for first, second in ((manager.env, None), (None, manager.env)):
            name, bundle = context.bundle("sleep", "1000", own_rootfs=True)
            context.must("create", "--bundle", bundle.path, name, env=first)
            context.must("start", name, env=second)
            equal(context.status(name), "running")
        equal(manager.said, [])


@case("a manager that does not read is waited for once by a runtime that does not stay", needs=needs)
def deaf(context):
    with Manager(context, hears=False) as manager:
        name, bundle = telling(context, *(["STATUS=more"] * 20), "READY=1", "stay")
        context.must("run", "--detach", "--bundle", bundle.path, name, env=manager.env, timeout=30)
        equal(context.status(name), "running")


@case("neither a flood nor a manager that does not read keeps signals from a container", needs=needs)
def flood(context):
    for hears in (True, False):
        with Manager(context, hears=hears) as manager:
            name, bundle = telling(context, "READY=1", "flood")
            argv = context.runtime.argv("run", "--bundle", bundle.path, name)
            child = subprocess.Popen(argv, env=manager.env, start_new_session=True)
            oci.RUNNING.add(child.pid)
            try:
                check(oci.wait_until(lambda: context.status(name) == "running", 20), "it does not run")
                if hears:
                    check(oci.wait_until(lambda: len(manager.said) > 100, 20), "there is no flood")
                else:
                    time.sleep(0.1)
                child.send_signal(signal.SIGTERM)
                equal(child.wait(20 * oci.PATIENCE), 5)
            finally:
                child.kill()
                oci.RUNNING.discard(child.pid)


# ---- pidfds

class Receiver:
    """Listens for one descriptor and what is said with it."""

    def __init__(self, context):
        self.path = tempfile.mktemp(prefix="receiver-", dir=context.folder)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(4)
        self.socket.settimeout(20 * oci.PATIENCE)

    def take(self):
        """The text, and the id of the process behind the descriptor."""
        with self.socket.accept()[0] as connection:
            data, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
        descriptor = array.array("i", control[0][2])[0]
        try:
            found = re.search(r"^Pid:\s*(-?\d+)", pathlib.Path(f"/proc/self/fdinfo/{descriptor}").read_text(), re.M)
            return data.decode(), int(found.group(1))
        finally:
            os.close(descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@case("a pidfd of the process goes to --pidfd-socket at create, run and exec", needs=martlet_only)
def pidfds(context):
    with Receiver(context) as receiver:
        name, bundle = context.bundle("sleep", "1000")
        context.must("create", "--bundle", bundle.path, "--pidfd-socket", receiver.path, name)
        equal(receiver.take(), ("standard", pid_of(context, name)))
        context.must("start", name)
        file = context.folder / "pid"
        context.must("exec", "--detach", "--pid-file", file, "--pidfd-socket", receiver.path, name, "sleep", "1000")
        equal(receiver.take(), ("setns", int(file.read_text())))
        name, bundle = context.bundle("sleep", "1000")
        relative = os.path.relpath(receiver.path, context.folder)
        context.must("run", "--detach", "--bundle", bundle.path, "--pidfd-socket", relative, name, cwd=context.folder)
        equal(receiver.take(), ("standard", pid_of(context, name)))


@case("nobody at --pidfd-socket is an error that leaves nothing behind", needs=martlet_only)
def no_receiver(context):
    missing = context.folder / "nobody"
    name, bundle = context.bundle("sleep", "1000")
    for command in ("create", "run"):
        message = context.must(command, "--bundle", bundle.path, "--pidfd-socket", missing, name, code=1).message
        matches(f"connect.*{missing}.*no such file", message)
        equal(context.status(name), None)
    name = context.started()
    matches("no such file", context.must("exec", "--pidfd-socket", missing, name, "true", code=255).message)
    equal(context.must("exec", name, "true").code, 0)
