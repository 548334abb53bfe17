public import Domain
public import Ports

/// Network devices of two namespaces that exist in memory alone.
public final class InMemoryNetwork: NetworkDevices {
  /// A device.
  public struct Device: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// It is up.
    public var isUp: Bool
    /// Its addresses.
    public var addresses: [String]

    /// Makes a device.
    public init(_ name: String, isUp: Bool, addresses: [String]) {
      self.name = name
      self.isUp = isUp
      self.addresses = addresses
    }
  }

  /// The caller's devices.
  public var here: [Device] = []
  /// Those of every process.
  public var there: [Device] = []

  /// Makes two empty namespaces.
  public init() {}

  public func move(_ devices: [NetDevice], to process: ProcessIdentity) throws(NetworkDeviceError) {
    let before = (here, there)
    do throws(NetworkDeviceError) {
      for device in devices { try move(device) }
    } catch {
      (here, there) = before
      throw error
    }
  }

  private func move(_ device: NetDevice) throws(NetworkDeviceError) {
    let name = device.finalName
    guard let place = here.firstIndex(where: { $0.name == device.hostName }) else {
      throw .missing(device.hostName)
    }
    let problem: Errno? =
      there.contains { $0.name == name }
      ? .fileExists : name.utf8.contains(UInt8(ascii: "/")) ? .invalidArgument : nil
    if let problem {
      throw .system(
        device: device.hostName, SystemFailure(call: "RTM_NEWLINK", subject: name, errno: problem))
    }
    var moved = here.remove(at: place)
    (moved.name, moved.isUp) = (name, true)
    there.append(moved)
  }
}
