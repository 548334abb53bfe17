public import Domain
public import Ports

/// What is asked of systemd, over a connection that is made when it is needed and made anew when it breaks.
public final class ServiceManager {
  private let connect: (BusDeadline) throws(ServiceManagerProblem) -> BusConnection
  private let patience: Int64
  private var connection: BusConnection?

  /// How long an operation may take, in milliseconds.
  public static let patience: Int64 = 30_000

  /// Makes a client; nothing is connected yet.
  public init(
    patience: Int64 = ServiceManager.patience,
    connect: @escaping (BusDeadline) throws(ServiceManagerProblem) -> BusConnection
  ) {
    self.patience = patience
    self.connect = connect
  }

  /// Performs an operation that may be performed twice: once more on a new connection where systemd closed
  /// the first one, as it does when it executes itself anew.
  private func repeatable<Value>(
    _ body: (BusConnection, BusDeadline) throws(ServiceManagerProblem) -> Value
  ) throws(ServiceManagerProblem) -> Value {
    let deadline = BusDeadline(milliseconds: patience)
    do throws(ServiceManagerProblem) {
      return try perform(body, until: deadline)
    } catch {
      guard error == .disconnected else { throw error }
    }
    return try perform(body, until: deadline)
  }

  private func perform<Value>(
    _ body: (BusConnection, BusDeadline) throws(ServiceManagerProblem) -> Value, until deadline: BusDeadline
  ) throws(ServiceManagerProblem) -> Value {
    do throws(ServiceManagerProblem) {
      if let connection { return try body(connection, deadline) }
      let made = try connect(deadline)
      connection = made
      return try body(made, deadline)
    } catch {
      switch error {
      case .refused, .jobFailed: break
      // What is still to come belongs to nothing that anybody waits for.
      default: connection = nil
      }
      throw error
    }
  }

  /// A text among the manager's own properties.
  private func text(_ property: String) throws(ServiceManagerProblem) -> String {
    try repeatable { connection, deadline throws(ServiceManagerProblem) in
      let answer = try connection.call(
        BusConnection.properties, "Get", [.string(BusConnection.managerInterface), .string(property)],
        until: deadline)
      guard case .variant(.string(let text))? = answer.body.first else { throw .malformedAnswer(property) }
      return text
    }
  }

  /// Which systemd it is.
  public func version() throws(ServiceManagerProblem) -> SystemdVersion {
    SystemdVersion(text: try text("Version"))
  }

  /// The cgroup below which all of its units are; empty for the root.
  public func controlGroup() throws(ServiceManagerProblem) -> String {
    let path = try text("ControlGroup")
    return path == "/" ? "" : path
  }

  /// What a unit says of where it is documented; nil when no unit of that name is loaded. The corresponding method is
  /// `GetUnit`.
  public func documentation(of unit: String) throws(ServiceManagerProblem) -> [String]? {
    do throws(ServiceManagerProblem) {
      return try repeatable { connection, deadline throws(ServiceManagerProblem) -> [String]? in
        let found = try connection.call(
          BusConnection.managerInterface, "GetUnit", [.string(unit)], until: deadline)
        guard case .objectPath(let object)? = found.body.first else { throw .malformedAnswer("GetUnit") }
        func property(_ name: String) throws(ServiceManagerProblem) -> PropertyValue? {
          let answer = try connection.call(
            BusConnection.properties, "Get", [.string(BusConnection.unitInterface), .string(name)],
            of: object, until: deadline)
          guard case .variant(let value)? = answer.body.first else { throw .malformedAnswer(name) }
          return value
        }
        guard case .array(.string, let entries)? = try property("Documentation") else {
          throw .malformedAnswer("Documentation")
        }
        // Asked for one that went since, systemd makes an empty one of that name.
        if entries.isEmpty, try property("LoadState") == .string("not-found") { return nil }
        return entries.compactMap { if case .string(let text) = $0 { text } else { nil } }
      }
    } catch {
      // It may go between the two calls.
      guard error.isNoSuchUnit || error.isNoSuchObject else { throw error }
      return nil
    }
  }

  /// Makes a unit and waits until it is started. The corresponding method is `StartTransientUnit`; the unit
  /// must not exist.
  public func start(_ unit: String, _ properties: [UnitProperty]) throws(ServiceManagerProblem) {
    let auxiliary = PropertyValue.array(.structure([.string, .array(ServiceManager.property)]), [])
    try repeatable { connection, deadline throws(ServiceManagerProblem) in
      try connection.performJob(
        "StartTransientUnit",
        [.string(unit), .string("fail"), ServiceManager.list(properties), auxiliary], until: deadline)
    }
  }

  /// Stops a unit, waits until it is stopped, and has it forgotten that it failed; a unit that is not there
  /// needs none of that. The corresponding methods are `StopUnit` and `ResetFailedUnit`.
  public func remove(_ unit: String) throws(ServiceManagerProblem) {
    do throws(ServiceManagerProblem) {
      try repeatable { connection, deadline throws(ServiceManagerProblem) in
        try connection.performJob("StopUnit", [.string(unit), .string("replace")], until: deadline)
      }
    } catch {
      if error.isNoSuchUnit { return }
      throw error
    }
    try forgetFailure(of: unit)
  }

  /// Has it forgotten that a unit failed, which then is gone; one that did not fail stays as it is. The corresponding
  /// method is `ResetFailedUnit`.
  public func forgetFailure(of unit: String) throws(ServiceManagerProblem) {
    try unlessMissing("ResetFailedUnit", unit)
  }

  private func unlessMissing(_ member: String, _ unit: String) throws(ServiceManagerProblem) {
    do throws(ServiceManagerProblem) {
      try repeatable { connection, deadline throws(ServiceManagerProblem) in
        _ = try connection.call(BusConnection.managerInterface, member, [.string(unit)], until: deadline)
      }
    } catch {
      guard error.isNoSuchUnit else { throw error }
    }
  }

  /// Sets properties until the next start of the host, and waits until the files of the cgroup hold them. What
  /// this systemd does not know is left to these files. The corresponding method is `SetUnitProperties`.
  public func set(_ properties: [UnitProperty], of unit: String) throws(ServiceManagerProblem) {
    var left = properties
    while !left.isEmpty {
      do throws(ServiceManagerProblem) {
        try setAll(left, of: unit)
        return
      } catch {
        guard let name = error.unknownProperty, left.contains(where: { $0.name == name }) else { throw error }
        left.removeAll { $0.name == name }
      }
    }
  }

  private func setAll(_ properties: [UnitProperty], of unit: String) throws(ServiceManagerProblem) {
    try repeatable { connection, deadline throws(ServiceManagerProblem) in
      _ = try connection.call(
        BusConnection.managerInterface, "SetUnitProperties",
        [.string(unit), .boolean(true), ServiceManager.list(properties)], until: deadline)
      // The answer comes before the files are written: with the next one they are.
      _ = try connection.call("org.freedesktop.DBus.Peer", "Ping", [], until: deadline)
    }
  }

  /// Moves a process into a unit's cgroup, or one below. The corresponding method is
  /// `AttachProcessesToUnit`, by which a user's manager has done what the user may not do himself.
  public func attach(_ process: Int32, to unit: String, below: String) throws(ServiceManagerProblem) {
    let processes = PropertyValue.array(.uint32, [.uint32(UInt32(bitPattern: process))])
    try repeatable { connection, deadline throws(ServiceManagerProblem) in
      _ = try connection.call(
        BusConnection.managerInterface, "AttachProcessesToUnit",
        [.string(unit), .string(below), processes], until: deadline)
    }
  }

  private static let property = PropertyType.structure([.string, .variant])

  private static func list(_ properties: [UnitProperty]) -> PropertyValue {
    .array(property, properties.map { .structure([.string($0.name), .variant($0.value)]) })
  }
}

extension ServiceManagerProblem {
  /// The unit is not loaded.
  var isNoSuchUnit: Bool { hasName("org.freedesktop.systemd1.NoSuchUnit") }

  /// There is no unit behind an object any more.
  var isNoSuchObject: Bool { hasName("org.freedesktop.DBus.Error.UnknownObject") }

  /// A unit of that name is loaded already.
  var isUnitExists: Bool { hasName("org.freedesktop.systemd1.UnitExists") }

  private func hasName(_ expected: String) -> Bool {
    if case .refused(let name, _) = self { name == expected } else { false }
  }

  /// The property that is refused because this systemd does not have it, or not at run time: named in
  /// `Cannot set property NAME, or unknown property.`
  var unknownProperty: String? {
    guard case .refused(_, let text) = self else { return nil }
    let words = text.utf8.split(separator: UInt8(ascii: " ")).map { Substring($0) }
    guard words.count > 3, words[0] == "Cannot", words[1] == "set", words[2] == "property" else { return nil }
    return String(words[3].prefix { $0 != "," && $0 != "." })
  }
}
