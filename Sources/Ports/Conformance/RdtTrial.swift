import Domain
import Ports

/// The surroundings of one check of a manager of classes of service.
struct RdtTrial {
  let shape: IntelRdtManagerConformance.Shape
  let make: () -> any IntelRdtManager
  let startProcess: () -> Int32
  let reap: (Int32) -> Void
  let isMember: (Int32, RdtLocation) -> Bool
  private var processes: [Int32] = []
  private var locations: [RdtLocation] = []

  init(
    shape: IntelRdtManagerConformance.Shape, make: @escaping () -> any IntelRdtManager,
    startProcess: @escaping () -> Int32, reap: @escaping (Int32) -> Void,
    isMember: @escaping (Int32, RdtLocation) -> Bool
  ) {
    (self.shape, self.make, self.startProcess) = (shape, make, startProcess)
    (self.reap, self.isMember) = (reap, isMember)
  }

  /// A new manager each time: it must find everything by the location alone.
  var manager: any IntelRdtManager { make() }

  let sharedName = "conformance-shared"

  func group(_ name: String, _ lines: [String], isShared: Bool, monitoring: String? = nil) -> RdtGroup {
    RdtGroup(name: name, schemata: lines, isShared: isShared, monitoring: monitoring)
  }

  func own(_ lines: [String]) -> RdtGroup { group("conformance-own", lines, isShared: false) }

  func shared(_ lines: [String]) -> RdtGroup { group(sharedName, lines, isShared: true) }

  func monitored(_ name: String, isShared: Bool) -> RdtGroup {
    group(name, [], isShared: isShared, monitoring: "conformance-counted")
  }

  /// Lines that are of the right form.
  func parsed(_ lines: [String]) -> RdtSchemata {
    (try? RdtSchemata(lines: lines)) ?? RdtSchemata()
  }

  /// The group, made or joined.
  mutating func claimed(_ group: RdtGroup) throws(RdtError) -> RdtLocation {
    let manager = manager
    let location = try manager.claim(try manager.locate(group), parsed(group.schemata))
    locations.append(location)
    return location
  }

  /// What the class has of the domains that the shape names, spelled as there.
  func share(_ location: RdtLocation) throws(RdtError) -> RdtSchemata {
    let found = parsed(try manager.statistics(of: location).schemata)
    var share = RdtSchemata()
    for wanted in [parsed(shape.lines), parsed(shape.others)] {
      for entry in wanted.entries {
        guard let value = found.value(entry.resource, entry.domain) else { continue }
        let isSame = RdtTrial.number(value) == RdtTrial.number(entry.value)
        var seen = entry
        if !isSame { seen.value = share.value(entry.resource, entry.domain) ?? value }
        share.set(seen)
      }
    }
    return share
  }

  /// A value without what the kernel puts before it.
  private static func number(_ value: String) -> Substring {
    value.drop { $0 == "0" || $0 == " " }
  }

  /// The error that something ends with; nil when it does not fail.
  func refusal<Value>(_ body: (any IntelRdtManager) throws(RdtError) -> Value) -> RdtError? {
    do throws(RdtError) {
      _ = try body(manager)
      return nil
    } catch {
      return error
    }
  }

  mutating func start() -> Int32 {
    let pid = startProcess()
    processes.append(pid)
    return pid
  }

  mutating func end(_ pid: Int32) {
    processes.removeAll { $0 == pid }
    reap(pid)
  }

  /// Takes away what a check has made, shared classes too: as a creation that failed does.
  mutating func clean() {
    for pid in processes { reap(pid) }
    for location in locations.reversed() {
      _ = try? manager.destroy(location)
      if location.isShared { _ = try? manager.destroy(location.unproven) }
    }
  }
}
