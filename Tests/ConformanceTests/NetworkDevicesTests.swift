import CLinux
import Domain
import Linux
import Netlink
import PortConformance
import Ports
import Simulation
import Testing
import YajlDocument

/// The same checks for the model and for the kernel's own devices.
@Suite(.serialized) struct NetworkDevicesTests {
  @Test("the model conforms")
  func model() {
    #expect(NetworkDevicesConformance(ModelBench()).run() == [])
    #expect(NetworkDevicesConformance.names.count >= 8)
  }

  /// Checks that pass whatever is done would prove nothing.
  @Test("who moves nothing does not conform")
  func idle() {
    let bench = ModelBench()
    bench.isIdle = true
    #expect(NetworkDevicesConformance(bench).run().count >= 5)
  }

  // Devices and namespaces can be made by root alone, and not every kernel has devices that can be made.
  @Test(
    "netlink conforms, in namespaces of the test's own",
    .enabled(if: KernelBench.isPossible, "it needs root, `ip`, and devices of type ifb"))
  func kernel() throws {
    let bench = try KernelBench()
    defer { bench.end() }
    #expect(NetworkDevicesConformance(bench).run() == [])
  }
}

private final class ModelBench: NetworkBench {
  private let network = InMemoryNetwork()
  var isIdle = false

  var devices: any NetworkDevices { isIdle ? InMemoryNetwork() : network }
  let process = ProcessIdentity(pid: 1, startTime: 1)

  func add(_ device: NetworkDeviceView, to side: NetworkSide) {
    let made = InMemoryNetwork.Device(device.name, isUp: device.isUp, addresses: device.addresses)
    switch side {
    case .here: network.here.append(made)
    case .there: network.there.append(made)
    }
  }

  func look(at side: NetworkSide) -> [NetworkDeviceView] {
    let devices = side == .here ? network.here : network.there
    return devices.map { NetworkDeviceView($0.name, isUp: $0.isUp, addresses: $0.addresses) }
      .sorted { $0.name < $1.name }
  }

  func clear() { (network.here, network.there) = ([], []) }
}

/// The namespaces of two processes that sleep. Devices are made, looked at and removed in these alone, by the
/// processes' ids: whatever goes wrong, those of the host are not touched.
private final class KernelBench: NetworkBench {
  let devices: any NetworkDevices
  let process: ProcessIdentity
  private let caller: Int32
  private static let folder = "/tmp/martlet-net-\(getpid())"

  static var isPossible: Bool {
    geteuid() == 0 && shell("unshare -n ip link add mt0 type ifb")
  }

  init() throws {
    try Files.makeDirectory(KernelBench.folder, mode: 0o700)
    caller = try KernelBench.sleeper("here")
    let pid = try KernelBench.sleeper("there")
    process = ProcessIdentity(pid: pid, startTime: try Processes.stat(pid).startTime)
    devices = try VisitingDevices(NetlinkDevices(), caller: caller)
  }

  func end() {
    _ = KernelBench.shell("kill \(caller) \(process.pid); rm -r \(KernelBench.folder)")
  }

  /// A process in a network namespace of its own.
  private static func sleeper(_ name: String) throws -> Int32 {
    let file = folder + "/" + name
    let sleeper = "unshare -n sh -c 'echo $$ >\(file).fifo; exec sleep 300'"
    let script = "mkfifo \(file).fifo; \(sleeper) & read pid <\(file).fifo; echo $pid >\(file).pid"
    guard shell(script),
      let pid = Int32(String(decoding: try Host.read(file + ".pid", limit: 99).dropLast(), as: UTF8.self))
    else { throw Errno.noSuchProcess }
    return pid
  }

  private static func shell(_ script: String) -> Bool {
    system("{ \(script); } >/dev/null 2>&1") == 0
  }

  private func ip(_ side: NetworkSide) -> String {
    "nsenter -t \(side == .here ? caller : process.pid) -n ip"
  }

  func add(_ device: NetworkDeviceView, to side: NetworkSide) throws(SystemFailure) {
    var script = "\(ip(side)) link add \(device.name) type ifb"
    for address in device.addresses { script += " && \(ip(side)) addr add \(address) dev \(device.name)" }
    if device.isUp { script += " && \(ip(side)) link set \(device.name) up" }
    guard KernelBench.shell(script) else {
      throw SystemFailure(call: "ip link add", subject: device.name, errno: .ioError)
    }
  }

  func look(at side: NetworkSide) throws(SystemFailure) -> [NetworkDeviceView] {
    let file = KernelBench.folder + "/look"
    do {
      _ = system("\(ip(side)) -j addr >\(file)")
      let json = try YajlDocument().parse(try Host.read(file, limit: 1 << 20), limits: DocumentLimits())
      guard case .array(let links) = json else { return [] }
      return links.compactMap(KernelBench.view).sorted { $0.name < $1.name }
    } catch {
      throw SystemFailure(call: "ip addr", subject: file, errno: .ioError)
    }
  }

  private static func view(_ link: JSON) -> NetworkDeviceView? {
    guard case .string(let name)? = link["ifname"], name != "lo", case .array(let flags)? = link["flags"],
      case .array(let addresses)? = link["addr_info"]
    else { return nil }
    let texts = addresses.compactMap { address -> String? in
      guard case .string(let text)? = address["local"], case .integer(let bits)? = address["prefixlen"],
        address["scope"] == .string("global")
      else { return nil }
      return "\(text)/\(bits)"
    }
    return NetworkDeviceView(name, isUp: flags.contains(.string("UP")), addresses: texts)
  }

  func clear() {
    for side in [NetworkSide.here, .there] {
      for device in (try? look(at: side)) ?? [] {
        _ = KernelBench.shell("\(ip(side)) link del \(device.name)")
      }
    }
  }
}

/// Calls another one from the network namespace of a process, and makes sure that the thread is still there when it
/// returns. The corresponding system call is `setns`, which counts for the calling thread.
private final class VisitingDevices: NetworkDevices {
  private let visited: any NetworkDevices
  private let home: Descriptor
  private let caller: Descriptor

  init(_ visited: any NetworkDevices, caller: Int32) throws(Errno) {
    self.visited = visited
    home = try Files.open("/proc/thread-self/ns/net", O_RDONLY)
    self.caller = try Files.open("/proc/\(caller)/ns/net", O_RDONLY)
  }

  /// The number of the thread's namespace.
  private static var present: UInt? {
    do throws(Errno) {
      let namespace = try Files.open("/proc/thread-self/ns/net", O_RDONLY)
      return try Files.status(namespace.number).st_ino
    } catch {
      return nil
    }
  }

  func move(_ devices: [NetDevice], to process: ProcessIdentity) throws(NetworkDeviceError) {
    var place: UInt = 0
    do throws(Errno) {
      _ = try call(Int32(SYS_setns), Int(caller.number), Int(CLONE_NEWNET))
      place = try Files.status(caller.number).st_ino
    } catch {
      throw .system(device: "", SystemFailure(call: "setns", subject: "", errno: error))
    }
    defer { _ = clinux_call(Int(SYS_setns), Int(home.number), Int(CLONE_NEWNET), 0, 0, 0, 0) }
    defer { #expect(VisitingDevices.present == place) }
    try visited.move(devices, to: process)
  }
}
