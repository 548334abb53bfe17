/// All statistics of a container: the `data` of what `events` prints.
public struct ContainerStatistics: Equatable, Sendable {
  /// What its cgroups account for.
  public var resources: ResourceStatistics
  /// What its class of service has, and what its monitoring group counted.
  public var intelRdt = RdtStatistics()
  /// The veth devices of its own network namespace.
  public var networkInterfaces: [NetworkInterfaceStatistics] = []

  /// Collects statistics.
  public init(resources: ResourceStatistics) {
    self.resources = resources
  }

  /// libcontainer's JSON, and behind it what it lacks, where there is any.
  public var json: JSON {
    var object = ObjectBuilder()
    object.add("cpu", resources.cpu.json)
    object.add("cpuset", resources.cpuset.json)
    object.add("memory", resources.memory.json)
    object.add("pids", resources.pids.json)
    object.add("blkio", resources.io.json)
    object.add("hugetlb", .object(resources.hugetlb.map { .init($0.pageSize, $0.json) }))
    object.add("intel_rdt", intelRdt.json)
    let interfaces = networkInterfaces.map(\.json)
    object.add("network_interfaces", interfaces.isEmpty ? .null : .array(interfaces))
    var rdma = ObjectBuilder()
    rdma.add("current", list: resources.rdma) { $0.json }
    rdma.add("limit", list: resources.rdmaLimits) { $0.json }
    object.add("rdma", rdma.filled)
    if !resources.misc.isEmpty {
      object.add("misc", .object(resources.misc.map { .init($0.name, $0.json) }))
    }
    return object.json
  }
}

/// One network device of a container, seen from inside.
public struct NetworkInterfaceStatistics: Equatable, Sendable {
  /// Its name in the container.
  public var name: String
  /// What it received.
  public var received = Traffic()
  /// What it sent.
  public var sent = Traffic()

  /// One direction.
  public struct Traffic: Equatable, Sendable {
    public var bytes: UInt64 = 0
    public var packets: UInt64 = 0
    public var errors: UInt64 = 0
    public var dropped: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// Nothing of a device.
  public init(name: String) {
    self.name = name
  }

  /// libcontainer's JSON, whose names here are those of its source.
  var json: JSON {
    var object = ObjectBuilder()
    object.add("Name", text: name)
    for (prefix, traffic) in [("Rx", received), ("Tx", sent)] {
      object.add(prefix + "Bytes", number: traffic.bytes)
      object.add(prefix + "Packets", number: traffic.packets)
      object.add(prefix + "Errors", number: traffic.errors)
      object.add(prefix + "Dropped", number: traffic.dropped)
    }
    return object.json
  }
}
