"""Changes of a configuration, to be combined by cases."""


def linux(**values):
    return lambda config: config["linux"].update(values)


def process(**values):
    return lambda config: config["process"].update(values)


def resources(**values):
    return lambda config: config["linux"]["resources"].update(values)


def top(**values):
    return lambda config: config.update(values)


def mount(destination, kind, source, *options):
    return lambda config: config["mounts"].append(
        {"destination": destination, "type": kind, "source": source, "options": list(options)})


def tmpfs(*options):
    return mount("/tmp", "tmpfs", "tmpfs", *options)


def namespaces(*extra, without=()):
    def change(config):
        kept = [entry for entry in config["linux"]["namespaces"] if entry["type"] not in without]
        config["linux"]["namespaces"] = kept + list(extra)
    return change


def both(*changes):
    def change(config):
        for one in changes:
            one(config)
    return change


def capabilities(**sets):
    return process(capabilities={kind: ["CAP_" + name for name in names] for kind, names in sets.items()})


def seccomp(action="SCMP_ACT_ERRNO", **rule):
    return linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                          "syscalls": [{"names": ["mkdir", "mkdirat"], "action": action, **rule}]})


MAPPED = both(namespaces({"type": "user"}),
              linux(uidMappings=[{"containerID": 0, "hostID": 100000, "size": 65536}],
                    gidMappings=[{"containerID": 0, "hostID": 100000, "size": 65536}]))
ALL_KINDS = ("bounding", "effective", "permitted", "inheritable", "ambient")
