extension PlanCompiler {
  /// The nodes and links below `/dev`. They are left to the document when it binds a `/dev` of its own.
  static func addDevices(
    _ document: Document, _ linux: LinuxSettings, _ facts: Facts, to builder: inout PlanBuilder
  ) {
    guard !document.mounts.contains(where: isOwnDev) else { return }
    let paths = linux.devices.map(\.path) + document.omittedDevices.map { "/dev/" + $0 }
    for node in defaultNodes where !paths.contains(node.path) {
      builder.add(.makeDevice(node), Origin.builtIn)
    }
    for (index, device) in linux.devices.enumerated() where device.path != "/dev/ptmx" {
      builder.add(.makeDevice(node(device)), Origin.devices.appending(index))
    }
    for link in links where link.path != "/dev/core" || facts.hasKernelCore {
      builder.add(.makeSymbolicLink(path: link.path, target: link.target), Origin.builtIn)
    }
  }

  private static func isOwnDev(_ mount: Mount) -> Bool {
    mount.place == "/dev" && mount.sortedOptions.bind != nil
  }

  private static func node(_ device: Device) -> DeviceNode {
    DeviceNode(
      path: device.path, kind: device.kind, major: device.major, minor: device.minor,
      mode: (device.fileMode ?? 0o666) & 0o7777, uid: device.uid ?? 0, gid: device.gid ?? 0)
  }

  /// The specification's default devices.
  public static let defaultNodes: [DeviceNode] = [
    DeviceNode(path: "/dev/null", kind: .character, major: 1, minor: 3),
    DeviceNode(path: "/dev/zero", kind: .character, major: 1, minor: 5),
    DeviceNode(path: "/dev/full", kind: .character, major: 1, minor: 7),
    DeviceNode(path: "/dev/random", kind: .character, major: 1, minor: 8),
    DeviceNode(path: "/dev/urandom", kind: .character, major: 1, minor: 9),
    DeviceNode(path: "/dev/tty", kind: .character, major: 5, minor: 0),
  ]

  private static let links: [(path: String, target: String)] = [
    ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"), ("/dev/core", "/proc/kcore"), ("/dev/ptmx", "pts/ptmx"),
  ]
}
