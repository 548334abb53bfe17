/// Collects slots and entries while a plan is compiled.
struct PlanBuilder {
  var slots: [PlannedSlot] = []
  var entries: [PlanEntry] = []
  var firstLateSlot: Int?

  mutating func add(_ step: Step, _ origin: JSONPointer) {
    entries.append(PlanEntry(step, origin: origin))
  }

  mutating func slot(_ source: SlotSource, _ origin: JSONPointer) -> Slot {
    slots.append(PlannedSlot(source, origin: origin))
    return Slot(rawValue: UInt16(truncatingIfNeeded: slots.count - 1))
  }
}

/// Pointers that many entries share, made once.
enum Origin {
  static let builtIn = JSONPointer.root
  static let process = JSONPointer(text: "/process")
  static let scheduler = JSONPointer(text: "/process/scheduler")
  static let apparmorProfile = JSONPointer(text: "/process/apparmorProfile")
  static let selinuxLabel = JSONPointer(text: "/process/selinuxLabel")
  static let user = JSONPointer(text: "/process/user")
  static let capabilities = JSONPointer(text: "/process/capabilities")
  static let noNewPrivileges = JSONPointer(text: "/process/noNewPrivileges")
  static let cwd = JSONPointer(text: "/process/cwd")
  static let args = JSONPointer(text: "/process/args")
  static let env = JSONPointer(text: "/process/env")
  static let terminal = JSONPointer(text: "/process/terminal")
  static let root = JSONPointer(text: "/root")
  static let mounts = JSONPointer(text: "/mounts")
  static let hooks = JSONPointer(text: "/hooks")
  static let seccomp = JSONPointer(text: "/linux/seccomp")
  static let memoryPolicy = JSONPointer(text: "/linux/memoryPolicy")
  static let mountLabel = JSONPointer(text: "/linux/mountLabel")
  static let netDevices = JSONPointer(text: "/linux/netDevices")
  static let intelRdt = JSONPointer(text: "/linux/intelRdt")
  static let resources = JSONPointer(text: "/linux/resources")
  static let devices = JSONPointer(text: "/linux/devices")
  static let namespaces = JSONPointer(text: "/linux/namespaces")
}
