/// What tells the unit of a container from every other of its name: an entry of its `Documentation`, on which nothing
/// acts, which anybody may read, and which is there from the unit's first moment to its last.
public struct UnitMark: Equatable, Sendable {
  /// As `Documentation` takes it: a URI without spaces.
  public let text: String

  /// The first version that takes the property for a unit that is made at run time: the oldest that is in use.
  public static let firstVersion: UInt32 = 239

  private static let scheme = "info:martlet/"

  /// The mark of a container; without a holder, which a container always has, that of its name alone.
  public init(_ id: ContainerID, _ holder: CgroupLocation.Holder?) {
    let moment = holder.map { "@\($0.created)" } ?? ""
    text = UnitMark.scheme + id.text + moment
  }

  /// Whether the unit is of a container at all.
  public static func isAny(_ documentation: [String]) -> Bool {
    documentation.contains { $0.hasBytePrefix(scheme) }
  }

  /// The property with which a unit is made; it adds to what is there.
  public var property: UnitProperty { UnitProperty("Documentation", .array(.string, [.string(text)])) }
}
