public import Domain
public import Ports

/// Two network namespaces for the checks: the caller's, and that of a process.
///
/// Whoever runs the checks provides them; they begin and end empty but for loopback devices.
public protocol NetworkBench: AnyObject {
  /// What is checked.
  var devices: any NetworkDevices { get }
  /// The process whose namespace devices move to.
  var process: ProcessIdentity { get }
  /// Makes a device in one of the namespaces.
  func add(_ device: NetworkDeviceView, to side: NetworkSide) throws(SystemFailure)
  /// The devices in one of the namespaces, by name, but for loopback ones.
  func look(at side: NetworkSide) throws(SystemFailure) -> [NetworkDeviceView]
  /// Removes every device that was added, wherever it is.
  func clear()
}

/// One of the two namespaces.
public enum NetworkSide: Sendable {
  /// The caller's.
  case here
  /// The process's.
  case there
}

/// A device as the checks see it.
public struct NetworkDeviceView: Equatable, Sendable {
  /// Its name.
  public var name: String
  /// It is up.
  public var isUp: Bool
  /// Its permanent addresses of universal scope, such as `10.1.2.3/24`.
  public var addresses: [String]

  /// Describes a device.
  public init(_ name: String, isUp: Bool = false, addresses: [String] = []) {
    self.name = name
    self.isUp = isUp
    self.addresses = addresses
  }
}

/// What every implementation of `NetworkDevices` has to do, as checks by name.
public struct NetworkDevicesConformance {
  private let bench: any NetworkBench

  /// Prepares the checks.
  public init(_ bench: any NetworkBench) {
    self.bench = bench
  }

  /// The names of all checks.
  public static let names = checks.map(\.name)

  /// Runs all checks; returns those that did not hold.
  public func run() -> [ConformanceFailure] {
    NetworkDevicesConformance.checks.compactMap { check in
      defer { bench.clear() }
      do throws(SystemFailure) {
        for device in check.here { try bench.add(device, to: .here) }
        for device in check.there { try bench.add(device, to: .there) }
        let error = failure(of: check.moves)
        let (here, there) = (try bench.look(at: .here), try bench.look(at: .there))
        let after = check.after ?? (check.here, check.there)
        if (error == nil) != (check.after != nil) {
          return failed(check, "the move \(error.map { "failed: \($0)" } ?? "succeeded")")
        }
        if let name = check.missing, error != .missing(name) {
          return failed(check, "the error is \(String(describing: error))")
        }
        if here != after.here { return failed(check, "what is left is \(here)") }
        return there == after.there ? nil : failed(check, "what has moved is \(there)")
      } catch {
        return failed(check, "unexpected \(error)")
      }
    }
  }

  private func failed(_ check: Check, _ reason: String) -> ConformanceFailure {
    ConformanceFailure(check: check.name, reason: reason)
  }

  private func failure(of moves: [NetDevice]) -> NetworkDeviceError? {
    do throws(NetworkDeviceError) {
      try bench.devices.move(moves, to: bench.process)
      return nil
    } catch {
      return error
    }
  }

  /// What there is before and after a move; without `after` the move fails, and nothing has changed.
  private struct Check: Sendable {
    let name: String
    var here: [NetworkDeviceView] = []
    var there: [NetworkDeviceView] = []
    let moves: [NetDevice]
    var after: (here: [NetworkDeviceView], there: [NetworkDeviceView])?
    /// The device that the error names as missing.
    var missing: String?
  }

  private static let first = NetworkDeviceView("mt0", isUp: true, addresses: ["10.9.8.7/24"])
  private static let second = NetworkDeviceView("mt1")

  private static let checks: [Check] = [
    Check(name: "nothing asked, nothing moved", here: [first], moves: [], after: ([first], [])),
    Check(
      name: "a device moves with its addresses, and stays up", here: [first, second],
      moves: [NetDevice("mt0")], after: ([second], [first])),
    Check(
      name: "a device gets its new name", here: [first], moves: [NetDevice("mt0", name: "net0")],
      after: ([], [NetworkDeviceView("net0", isUp: true, addresses: first.addresses)])),
    Check(
      name: "a device that was down is up in the end", here: [second], moves: [NetDevice("mt1")],
      after: ([], [NetworkDeviceView("mt1", isUp: true)])),
    Check(
      name: "devices exchange their names on the way", here: [first, second],
      moves: [NetDevice("mt0", name: "mt1"), NetDevice("mt1", name: "mt0")],
      after: (
        [],
        [
          NetworkDeviceView("mt0", isUp: true),
          NetworkDeviceView("mt1", isUp: true, addresses: first.addresses),
        ]
      )),
    Check(name: "a missing device is named", moves: [NetDevice("mt9")], missing: "mt9"),
    Check(
      name: "a missing device keeps the others where they were", here: [first, second],
      moves: [NetDevice("mt0", name: "net0"), NetDevice("mt1"), NetDevice("mt9")], missing: "mt9"),
    Check(
      name: "a name that is taken keeps the device where it was", here: [first],
      there: [NetworkDeviceView("net0")], moves: [NetDevice("mt0", name: "net0")]),
    Check(
      name: "a name that no device can have keeps the device where it was", here: [first],
      moves: [NetDevice("mt0", name: "a/b")]),
  ]
}
