/// Something that a document makes martlet do outside the new process, and the place that asks for it: what `plan`
/// tells beside the steps.
public struct PlannedEffect: Equatable, Sendable {
  /// One line.
  public var text: String
  /// Who asks for it.
  public var origin: JSONPointer

  /// Makes one.
  public init(_ text: String, _ origin: JSONPointer) {
    self.text = text
    self.origin = origin
  }
}

extension PlannedEffect: CustomStringConvertible {
  /// The line with its place.
  public var description: String { origin == .root ? text : text + "  (\(origin))" }

  /// The same as JSON.
  public var json: JSON {
    .object([.init("effect", .string(text)), .init("origin", .string(origin.text))])
  }
}

extension Document {
  /// The effects in cgroups, by hooks and by annotations, in the order of a container's life.
  public func effects(in location: CgroupLocation, on layout: CgroupLayout) -> [PlannedEffect] {
    let paths = location.paths.map { path in
      PlannedEffect(
        "cgroup: \(path.controller.isEmpty ? "" : path.controller + " ")\(path.directory)",
        JSONPointer(text: "/linux/cgroupsPath"))
    }
    return paths + limitEffects(isUnified: layout.mode == .unified) + deviceEffects + hookEffects
      + annotationEffects
  }

  private func limitEffects(isUnified: Bool) -> [PlannedEffect] {
    let resources = linux?.resources ?? Resources()
    do throws(InexpressibleLimit) {
      let writes = isUnified ? try resources.writesV2() : try resources.writesV1()
      let ignored = isUnified ? resources.ignoredByV2 : resources.ignoredByV1
      return writes.map {
        PlannedEffect("limit: \($0.file) = \($0.text.quoted)", Document.origin(of: $0.controller))
      }
        + ignored.map {
          let place = $0.fields(at: ".").reduce(Origin.resources) { $0.appending(String($1)) }
          return PlannedEffect("limit: nothing here knows \($0)", place)
        }
    } catch {
      return [PlannedEffect("limit: \(error)", Origin.resources)]
    }
  }

  /// The members of `linux.resources` that controllers are limited by.
  private static func origin(of controller: String) -> JSONPointer {
    let member = members.first { $0.controllers.contains(controller) }?.name ?? "unified"
    return Origin.resources.appending(member)
  }

  private static let members: [(name: String, controllers: [String])] = [
    ("memory", ["memory"]), ("cpu", ["cpu", "cpuset"]), ("pids", ["pids"]), ("blockIO", ["blkio", "io"]),
    ("hugepageLimits", ["hugetlb"]), ("rdma", ["rdma"]), ("network", ["net_cls", "net_prio"]),
  ]

  private var deviceEffects: [PlannedEffect] {
    DeviceRule.effective(deviceRules).map { rule in
      let major = rule.major.map { String($0) } ?? "*"
      let minor = rule.minor.map { String($0) } ?? "*"
      return PlannedEffect(
        "devices: \(rule.allow ? "allow" : "deny") \(rule.kind.rawValue) \(major):\(minor) "
          + rule.access.letters, Origin.resources.appending("devices"))
    }
  }

  private var hookEffects: [PlannedEffect] {
    hooks.kinds.flatMap { kind in
      kind.hooks.enumerated().map { index, hook in
        PlannedEffect(
          "hook: \(kind.name) \(hook.path.quoted)" + (hook.timeout.map { ", at most \($0) s" } ?? ""),
          Origin.hooks.appending(kind.name).appending(index))
      }
    }
  }

  private var annotationEffects: [PlannedEffect] {
    KnownAnnotation.allCases.compactMap { annotation in
      text(of: annotation).map { PlannedEffect("annotation: \($0.quoted)", annotation.pointer) }
    }
  }
}
