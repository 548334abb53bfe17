/// How mounts propagate around the root, for a value of `rootfsPropagation`. The corresponding section of the
/// specification is that of the rootfs mount propagation.
struct RootPropagation {
  /// For every mount of the new mount namespace, before anything is mounted: nothing may reach the host.
  let tree: MountFlags
  /// The root is told to hear nothing of the host as soon as it is entered, so that binds of its parts do not
  /// either.
  let cutsOff: Bool
  /// For the root once all is bound inside.
  let root: MountFlags?

  static let origin = JSONPointer(text: "/linux/rootfsPropagation")

  init(_ name: String?) throws(PlanError) {
    let name = name ?? ""
    guard let row = RootPropagation.rows.first(where: { $0.name.isBytewise(name) }) else {
      throw PlanError(RootPropagation.origin, .unknownPropagation(name))
    }
    (tree, cutsOff, root) = (row.tree, row.cutsOff, row.root)
  }

  /// The values that a document may give.
  static var names: [String] { rows.map(\.name).filter { !$0.isEmpty } }

  private static let slaves: MountFlags = [.slavePropagation, .recursive]

  /// Unless the document asks, the root itself hears nothing of the host's mounts; those below it and binds do.
  /// A shared root is of a peer group of its own, which the host has no part in.
  private static let rows: [(name: String, tree: MountFlags, cutsOff: Bool, root: MountFlags?)] = [
    ("", slaves, true, nil),
    ("private", slaves, true, nil),
    ("rprivate", [.privatePropagation, .recursive], false, nil),
    ("slave", slaves, false, nil),
    ("rslave", slaves, false, nil),
    ("unbindable", slaves, true, .unbindable),
    ("runbindable", [.privatePropagation, .recursive], false, [.unbindable, .recursive]),
    ("shared", .sharedPropagation, true, .sharedPropagation),
    ("rshared", [.sharedPropagation, .recursive], true, [.sharedPropagation, .recursive]),
  ]
}
