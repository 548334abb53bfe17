"""Network devices that move into containers, with pairs of virtual ones in namespaces of the test's own."""
from changes import *
from harness import *

IP = shutil.which("ip")


def can_move(context):
    if not IP:
        return "ip is not installed"
    result = subprocess.run([IP, "link", "add", "mtl-probe", "type", "veth", "peer", "mtl-probe2"],
                            capture_output=True, text=True)
    if result.returncode:
        return f"no virtual network devices: {result.stderr.strip()}"
    subprocess.run([IP, "link", "del", "mtl-probe"], check=True)
    return None


class Devices:
    """A network namespace for the runtime, with devices of the test; nothing is made in the machine's own."""

    def __init__(self, context):
        self.context = context
        self.name = f"martlet-{os.getpid()}-{context.number}"
        self.ip("netns", "add", self.name)
        self.inside("link", "set", "lo", "up")

    def ip(self, *arguments):
        subprocess.run([IP, *arguments], check=True, capture_output=True)

    def inside(self, *arguments):
        return subprocess.run([IP, "-n", self.name, *arguments], check=True, capture_output=True, text=True).stdout

    def device(self, name, *addresses, up=True):
        """One end of a pair, whose other end stays."""
        self.inside("link", "add", name, "type", "veth", "peer", "name", name + "-peer")
        for address in addresses:
            self.inside("addr", "add", address, "dev", name)
        if up:
            self.inside("link", "set", name, "up")

    def seen(self, name):
        """Addresses of a device of universal scope, or nothing when it is not there."""
        result = subprocess.run([IP, "-n", self.name, "-j", "addr", "show", "dev", name], capture_output=True, text=True)
        if result.returncode:
            return None
        return sorted(f"{entry['local']}/{entry['prefixlen']}" for link in json.loads(result.stdout) if link
                      for entry in link["addr_info"] if entry["scope"] == "global")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([IP, "netns", "del", self.name], capture_output=True)


def run_inside(devices, settings, script="ip -o addr; ip -o link", change=None):
    """The result of a run whose runtime is in the namespace of the devices."""
    context = devices.context
    name, bundle = context.bundle("sh", "-c", script, change=both(
        linux(netDevices=settings), *([change] if change else [])))
    return oci.bounded(["nsenter", f"--net=/run/netns/{devices.name}",
                        *context.runtime.argv("run", "--bundle", bundle.path, name)])


@case("a network device moves with its addresses", needs=can_move)
def moved(context):
    with Devices(context) as devices:
        devices.device("mt0", "192.0.2.5/24", "2001:db8::5/64", "198.51.100.1/32")
        result = run_inside(devices, {"mt0": {}})
        check(result.code == 0, result.message)
        for pattern in (r"mt0\s+inet 192\.0\.2\.5/24", r"mt0\s+inet6 2001:db8::5/64 scope global",
                        r"mt0\s+inet 198\.51\.100\.1/32", r"mt0[@:].*<[^>]*\bUP\b"):
            matches(pattern, result.text)
        equal(devices.seen("mt0"), None)


@case("a network device is renamed, and comes up", needs=can_move)
def renamed(context):
    with Devices(context) as devices:
        devices.device("mt0", "192.0.2.5/24", up=False)
        devices.device("mt1")
        result = run_inside(devices, {"mt0": {"name": "eth0"}, "mt1": {"name": "mt0"}})
        check(result.code == 0, result.message)
        matches(r"eth0\s+inet 192\.0\.2\.5/24", result.text)
        matches(r"eth0[@:].*<[^>]*\bUP\b", result.text)
        matches(r"mt0[@:].*<[^>]*\bUP\b", result.text)
        check(" mt1@" not in result.text and " mt1:" not in result.text, result.text)


@case("one end of a pair moves into a user namespace", needs=can_move)
def pair(context):
    with Devices(context) as devices:
        devices.inside("link", "add", "mt0", "type", "veth", "peer", "name", "mt1")
        devices.inside("addr", "add", "192.0.2.1/24", "dev", "mt0")
        devices.inside("addr", "add", "192.0.2.2/24", "dev", "mt1")
        devices.inside("link", "set", "mt0", "up")
        result = run_inside(devices, {"mt1": {"name": "eth0"}}, "ip -o addr; ping -c1 -W2 192.0.2.1; true", change=MAPPED)
        check(result.code == 0, result.message)
        matches(r"eth0\s+inet 192\.0\.2\.2/24", result.text)


@case("devices that cannot all move stay where they were", needs=can_move)
def reverted(context):
    with Devices(context) as devices:
        devices.device("mt0", "192.0.2.5/24", "2001:db8::5/64")
        result = run_inside(devices, {"mt0": {"name": "eth0"}, "mt9": {}})
        check(result.code != 0, "it ran")
        if context.is_martlet:
            matches(r'network device \\?"mt9\\?" not found', result.message)
            equal(devices.seen("mt0"), ["192.0.2.5/24", "2001:db8::5/64"])
            matches(r"\bUP\b", devices.inside("link", "show", "mt0"))


@case("a name that is taken in the container", needs=can_move)
def taken(context):
    with Devices(context) as devices:
        devices.device("mt0", "192.0.2.5/24")
        result = run_inside(devices, {"mt0": {"name": "lo"}})
        check(result.code != 0, "it ran")
        if context.is_martlet:
            matches(r'network device \\?"mt0\\?": .*file exists', result.message)
            equal(devices.seen("mt0"), ["192.0.2.5/24"])


@case("network devices need a network namespace", needs=martlet_only)
def no_namespace(context):
    name, bundle = context.bundle("true", change=both(linux(netDevices={"mt0": {}}), namespaces(without=["network"])))
    result = context.runtime.run("run", "--bundle", bundle.path, name)
    check(result.code != 0 and "/linux/netDevices" in result.message, result.message)
