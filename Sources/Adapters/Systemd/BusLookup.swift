import CLinux
import Domain
import Linux
public import Ports

/// Finds the service manager: that of the host for root, that of the user for anybody else, and for root of
/// a user namespace, who is somebody else outside.
public struct BusLookup: Equatable, Sendable {
  /// Whose service manager.
  public enum Scope: Equatable, Sendable {
    case system, user
  }

  /// One place to try.
  struct Place: Equatable {
    var address: BusAddress
    /// The manager itself listens there.
    var isDirect: Bool
  }

  /// Whose.
  public var scope: Scope

  /// Looks for the service manager of whoever runs this.
  public init() {
    self.init(BusLookup.isUser ? .user : .system)
  }

  /// Looks for this one.
  public init(_ scope: Scope) {
    self.scope = scope
  }

  private static var isUser: Bool {
    guard Host.userID == 0 else { return true }
    // Where root has all ids to itself, he is root of the host, or of a container that is as good as one.
    guard let map = try? Procfs().read("self/uid_map", limit: 4096) else { return false }
    let fields = map.split { $0 == 32 || $0 == 10 }.map { String(decoding: $0, as: UTF8.self) }
    if fields == ["0", "0", "4294967295"] { return false }
    return variable("XDG_RUNTIME_DIR") != nil || variable("DBUS_SESSION_BUS_ADDRESS") != nil
  }

  private static func variable(_ name: String) -> String? {
    Host.variable(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The places, in the order of trying: what a variable names, then the manager's own socket, then the bus.
  func places() throws(ServiceManagerProblem) -> [Place] {
    switch scope {
    case .system:
      if let text = BusLookup.variable("DBUS_SYSTEM_BUS_ADDRESS") { return try BusLookup.named(text) }
      return [
        Place(address: .path("/run/systemd/private"), isDirect: true),
        Place(address: .path("/run/dbus/system_bus_socket"), isDirect: false),
      ]
    case .user:
      if let text = BusLookup.variable("DBUS_SESSION_BUS_ADDRESS") { return try BusLookup.named(text) }
      let folder = BusLookup.variable("XDG_RUNTIME_DIR") ?? "/run/user/\(Host.userID)"
      return [
        Place(address: .path(folder + "/systemd/private"), isDirect: true),
        Place(address: .path(folder + "/bus"), isDirect: false),
      ]
    }
  }

  private static func named(_ text: String) throws(ServiceManagerProblem) -> [Place] {
    guard let addresses = BusAddress.list(text) else { throw .malformedAddress(text) }
    return addresses.map { Place(address: $0, isDirect: false) }
  }

  /// Connects to the first place where somebody answers; why the last one did not, if none does.
  public func connect(until deadline: BusDeadline) throws(ServiceManagerProblem) -> BusConnection {
    var problem = ServiceManagerProblem.noAddress
    for place in try places() {
      do throws(ServiceManagerProblem) {
        return try BusLookup.connect(place, until: deadline)
      } catch {
        problem = error
      }
    }
    throw problem
  }

  /// By the user's number, and where that is not taken, once more without.
  private static func connect(
    _ place: Place, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) -> BusConnection {
    do throws(ServiceManagerProblem) {
      return try connect(place, as: .user(Host.userID), until: deadline)
    } catch {
      guard case .notAuthenticated = error else { throw error }
    }
    return try connect(place, as: .unnamed, until: deadline)
  }

  private static func connect(
    _ place: Place, as identity: BusAuthentication.Identity, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) -> BusConnection {
    let name =
      switch place.address {
      case .path(let path): path
      case .abstract(let text): "\0" + text
      }
    // Where too many are in the queue before us the kernel waits, for whole seconds.
    let seconds = Int(clamping: max(1, deadline.left / 1000))
    let socket: Int32
    do throws(Errno) {
      socket = try UnixSocket.connect(name, deadline: seconds).release()
    } catch {
      let subject = name.utf8.first == 0 ? "@" + name.dropFirst() : name
      throw .system(SystemFailure(call: "connect", subject: subject, errno: error))
    }
    return try BusConnection(
      Descriptor(owning: socket), isDirect: place.isDirect, as: identity, until: deadline)
  }
}
