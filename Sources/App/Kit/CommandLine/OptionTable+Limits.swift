extension Option {
  /// The options of `update`.
  static let updateRules: [Rule] = [
    Rule(
      .resources, "resources", short: "r", .text, "FILE", .update,
      "JSON file with limits as in linux.resources, or - for standard input; other limits are then left out"),
    Rule(.blkioWeight, "blkio-weight", .integer, "N", .update, "share of block I/O, 10 to 1000"),
    Rule(.cpuPeriod, "cpu-period", .text, "N", .update, "period of the CPU quota in microseconds"),
    Rule(
      .cpuQuota, "cpu-quota", .text, "N", .update,
      "CPU time in a period in microseconds; -1 for no limit"),
    Rule(.cpuBurst, "cpu-burst", .text, "N", .update, "CPU time beyond the quota in microseconds"),
    Rule(.cpuShare, "cpu-share", .text, "N", .update, "weight against other cgroups, 2 to 262144"),
    Rule(.cpuRtPeriod, "cpu-rt-period", .text, "N", .update, "period of real-time CPU time in microseconds"),
    Rule(
      .cpuRtRuntime, "cpu-rt-runtime", .text, "N", .update,
      "real-time CPU time in a period in microseconds"),
    Rule(
      .cpuIdle, "cpu-idle", .text, "0|1", .update,
      "1 lets the container run only when nothing else does, 0 not"),
    Rule(.cpusetCpus, "cpuset-cpus", .text, "LIST", .update, "CPUs to use, such as 0-2,7"),
    Rule(.cpusetMems, "cpuset-mems", .text, "LIST", .update, "memory nodes to use"),
    Rule(
      .kernelMemory, "kernel-memory", .text, "SIZE", .update, isHidden: true,
      "ignored: the kernel has no such limit any more"),
    Rule(
      .kernelMemoryTcp, "kernel-memory-tcp", .text, "SIZE", .update, isHidden: true,
      "ignored: the kernel has no such limit any more"),
    Rule(.memory, "memory", .text, "SIZE", .update, "memory limit such as 64M; -1 for none"),
    Rule(
      .memoryReservation, "memory-reservation", .text, "SIZE", .update,
      "memory that is left to the container as long as possible"),
    Rule(
      .memorySwap, "memory-swap", .text, "SIZE", .update,
      "limit of memory and swap together; -1 for none"),
    Rule(.pidsLimit, "pids-limit", .integer, "N", .update, "number of processes; -1 for no limit"),
    Rule(
      .l3CacheSchema, "l3-cache-schema", .text, "SCHEMA", .update,
      "L3 cache schema of the container's resctrl group"),
    Rule(
      .memBwSchema, "mem-bw-schema", .text, "SCHEMA", .update,
      "memory bandwidth schema of the container's resctrl group"),
  ]
}
