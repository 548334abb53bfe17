"""Limits that are asked for are what the kernel shows: sets of limits by chance, against the published formulae."""
import math
import random

from harness import *

UNIFIED = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
PAGE = os.sysconf("SC_PAGE_SIZE")
SETS = 12


def weight(shares):
    """cpu.weight of cpu.shares: the curve through (2, 1), (1024, 100) and (262144, 10000)."""
    if shares <= 2:
        return 1
    exponent = math.log2(min(shares, 262144))
    return min(10000, math.ceil(10 ** ((exponent ** 2 + 125 * exponent) / 612 - 7 / 34) - 1e-9))


def generated(seed):
    """Limits that any kernel takes. With much less CPU than a fifth a container would not even die in time."""
    chance = random.Random(seed)
    limit = chance.choice([None, -1, *(chance.randrange(4096, 1 << 18) * PAGE for _ in range(3))])
    resources = {"pids": {"limit": chance.choice([-1, 1, 10, 4096])}, "memory": {}, "cpu": {}}
    if limit:
        resources["memory"]["limit"] = limit
        swap = chance.choice([None, -1, limit, limit + chance.randrange(4096) * PAGE])
        if swap and (limit > 0 or swap == -1):
            resources["memory"]["swap"] = swap
    if chance.random() < 0.5:
        resources["memory"]["reservation"] = chance.randrange(1, 1024) * PAGE
    if chance.random() < 0.8:
        resources["cpu"]["shares"] = chance.choice([2, 3, 262144, chance.randrange(2, 262144), chance.randrange(2, 4096)])
    if chance.random() < 0.7:
        resources["cpu"]["quota"] = chance.choice([-1, 20000, chance.randrange(20000, 500000)])
    if chance.random() < 0.7:
        resources["cpu"]["period"] = chance.choice([1000, 100000, chance.randrange(1000, 100000)])
    if chance.random() < 0.3 and resources["cpu"].get("quota", -1) > 0:
        resources["cpu"]["burst"] = chance.randrange(resources["cpu"]["quota"])
    if chance.random() < 0.5:
        resources["cpu"].update(cpus="0", mems="0")
    return resources


def expected_v1(resources):
    memory, cpu = resources["memory"], resources["cpu"]
    unlimited = (2 ** 63 - 1) // PAGE * PAGE
    limit, swap = memory.get("limit"), memory.get("swap")
    found = {"pids.max": "max" if resources["pids"]["limit"] < 0 else str(resources["pids"]["limit"])}
    if limit:
        found["memory.limit_in_bytes"] = str(unlimited if limit < 0 else limit)
    if swap or limit == -1:
        found["memory.memsw.limit_in_bytes"] = str(unlimited if (swap or -1) < 0 else swap)
    for name, file in (("shares", "cpu.shares"), ("quota", "cpu.cfs_quota_us"), ("period", "cpu.cfs_period_us"),
                       ("burst", "cpu.cfs_burst_us"), ("cpus", "cpuset.cpus"), ("mems", "cpuset.mems")):
        if name in cpu:
            found[file] = str(cpu[name])
    if "reservation" in memory:
        found["memory.soft_limit_in_bytes"] = str(memory["reservation"])
    return found


def expected_v2(resources):
    memory, cpu = resources["memory"], resources["cpu"]
    limit, swap = memory.get("limit"), memory.get("swap")
    found = {"pids.max": "max" if resources["pids"]["limit"] < 0 else str(resources["pids"]["limit"])}
    if limit:
        found["memory.max"] = "max" if limit < 0 else str(limit)
    if swap or limit == -1:
        found["memory.swap.max"] = "max" if (swap or -1) < 0 else str(swap - limit)
    if "reservation" in memory:
        found["memory.low"] = str(memory["reservation"])
    if "shares" in cpu:
        found["cpu.weight"] = str(weight(cpu["shares"]))
    if "quota" in cpu or "period" in cpu:
        quota = cpu.get("quota", -1)
        found["cpu.max"] = f"{'max' if quota < 0 else quota} {cpu.get('period', 100000)}"
    for name, file in (("burst", "cpu.max.burst"), ("cpus", "cpuset.cpus"), ("mems", "cpuset.mems")):
        if name in cpu:
            found[file] = str(cpu[name])
    return found


def shown(context, name, files):
    found = {}
    for place in oci.cgroups(f"{context.parent}/{name}"):
        found.update({file: (place / file).read_text().strip() for file in files if (place / file).exists()})
    return found


def agree(context, name, resources):
    wanted = (expected_v2 if UNIFIED else expected_v1)(resources)
    found = shown(context, name, wanted)
    # Without accounting of swap there is no file, and nothing to limit.
    wanted = {file: text for file, text in wanted.items() if file in found or "swap" not in file and "memsw" not in file}
    equal(found, wanted)


@cases([(f"{seed}", seed) for seed in range(SETS)], "limits by chance are what the kernel shows, made or changed: {}",
       needs=martlet_only)
def by_chance(context, seed):
    first, second = generated(seed), generated(1000 + seed)
    name = context.started(change=lambda config: config["linux"]["resources"].update(first))
    agree(context, name, first)
    # A change keeps what it does not name, so the sets are merged member by member.
    merged = {section: {**first[section], **second[section]} for section in first}
    if "limit" in second["memory"] and "swap" not in second["memory"]:
        second["memory"]["swap"] = merged["memory"]["swap"] = -1
    quota, burst = merged["cpu"].get("quota", -1), merged["cpu"].get("burst", 0)
    if quota > 0 and burst > quota:
        second["cpu"]["burst"] = merged["cpu"]["burst"] = quota
    path = context.folder / "limits.json"
    path.write_text(json.dumps(second))
    context.must("update", "--resources", path, name)
    agree(context, name, merged)
