/// When a process came to what on its way through a plan: words of 8 bytes in a file that its parent made for it.
///
/// The first word holds `Traits`. Each other one is a time of the real-time clock in nanoseconds, which no time
/// namespace shifts, or 0 for what the process did not come to: first the points of `Point`, then the begin of each
/// step. What a process writes there is read with suspicion.
public enum Timeline {
  /// What lies beside the steps.
  public enum Point: Int, CaseIterable, Sendable {
    /// Its first act, as a copy of its parent.
    case born = 1
    /// It makes the process that takes its place, where one does.
    case succeeding
    /// It meets its parent, which writes what the process may not.
    case meeting
    /// It becomes the root of its user namespace, and puts its descriptors in order.
    case arranging
    /// It executes the init stage.
    case executing
    /// The init stage's first act.
    case started
    /// The plan has come.
    case planned
    /// A step failed, or the birth did.
    case failed
  }

  /// How the clock may be read.
  public struct Traits: OptionSet, Sendable {
    /// One bit for each.
    public let rawValue: UInt64

    /// Takes bits.
    public init(rawValue: UInt64) {
      self.rawValue = rawValue
    }

    /// The clock is read without a system call, which a filter might answer with death. Without this, nothing is
    /// written once a filter is in force.
    public static let withoutCall = Traits(rawValue: 1)
  }

  /// The word of the first step.
  public static let firstStep = 16

  /// How many words there are for a plan of so many steps.
  public static func count(steps: Int) -> Int { firstStep + steps }
}
