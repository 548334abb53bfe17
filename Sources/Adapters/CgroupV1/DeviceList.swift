import Domain
import Linux
import Ports

/// The devices controller of cgroup v1.
enum DeviceList {
  /// Brings a cgroup to the rules by the fewest writes, then looks whether the kernel's list says so.
  static func apply(_ rules: [DeviceRule], _ places: [CgroupPlace]) throws(CgroupError) {
    guard let place = CgroupForest.place("devices", in: places) else {
      throw .controllerMissing("devices")
    }
    let wanted = try policy(rules)
    let writes = wanted.transition(from: try present(place))
    if writes.isEmpty { return }
    // In their order, and those of a kind by one descriptor.
    var rest = writes[...]
    while let allow = rest.first?.allow {
      let group = rest.prefix { $0.allow == allow }
      try write(Array(group), to: allow ? "devices.allow" : "devices.deny", of: place)
      rest = rest.dropFirst(group.count)
    }
    try verify(place, wanted)
  }

  /// Writes to one file. The kernel takes a change of the whole list only of a cgroup without others below it.
  private static func write(
    _ writes: [DeviceWrite], to file: String, of place: CgroupPlace
  ) throws(CgroupError) {
    do throws(CgroupError) {
      try place.write(file, values: writes.map(\.text))
    } catch {
      guard case .system(let failure) = error, failure.errno == .invalidArgument,
        writes.contains(where: \.isTotal), try hasOthersBelow(place)
      else { throw error }
      throw .invalidValue(
        file: file, reason: "\(place.directory) has cgroups below it, so the kernel keeps its list of devices"
      )
    }
  }

  private static func hasOthersBelow(_ place: CgroupPlace) throws(CgroupError) -> Bool {
    var seen = 0
    try place.visit { (_) throws(Errno) in seen += 1 }
    return seen > 1
  }

  private static func policy(_ rules: [DeviceRule]) throws(CgroupError) -> DevicePolicy {
    do throws(DevicePolicy.Inexpressible) {
      return try DevicePolicy(document: rules)
    } catch {
      throw .invalidValue(
        file: error.rule.allow ? "devices.allow" : "devices.deny",
        reason: "\(error.rule.text) would be an exception of \(error.wildcard.text), which cgroup v1 ignores")
    }
  }

  private static func present(_ place: CgroupPlace) throws(CgroupError) -> DevicePolicy {
    guard let text = try place.text("devices.list") else {
      throw place.failure("read", .noSuchFileOrDirectory, "devices.list")
    }
    guard let policy = DevicePolicy(list: Array(text.utf8)) else {
      throw .invalidValue(file: "devices.list", reason: "not understood: \(text)")
    }
    return policy
  }

  /// A list that allows by default hides its exceptions, so only its kind can be looked at.
  private static func verify(_ place: CgroupPlace, _ wanted: DevicePolicy) throws(CgroupError) {
    let found = try present(place)
    let isRight =
      wanted.allowsByDefault ? found.allowsByDefault : found.isEquivalent(to: wanted)
    guard isRight else {
      throw .invalidValue(file: "devices.list", reason: "the kernel's list is not what was written")
    }
  }
}
