/// Names for one that does not exist.
enum Suggestion {
  /// The command that a name is like.
  static func command(like name: String) -> String? {
    nearest(to: name, in: Command.rules.map(\.name) + ["help"])
  }

  /// The long option, of a command or of all, that a name is like.
  static func option(like name: String, of command: Command?) -> String? {
    let allowed = command.map { CommandSet.global.union(CommandSet($0)) } ?? .global
    let names = Option.rules.filter { !$0.isHidden && !$0.commands.isDisjoint(with: allowed) }.map(\.name)
    return nearest(to: name, in: names)
  }

  /// The nearest of the names, the first of several, if it is near enough: a third of it may be wrong.
  static func nearest(to name: String, in names: [String]) -> String? {
    guard (2...32).contains(name.utf8.count) else { return nil }
    let wanted = Array(name.utf8)
    var best: (name: String, distance: Int)?
    for candidate in names {
      let distance = distance(wanted, Array(candidate.utf8))
      guard distance <= max(1, min(wanted.count, candidate.utf8.count) / 3), distance < best?.distance ?? .max
      else {
        continue
      }
      best = (candidate, distance)
    }
    return best?.name
  }

  /// The number of bytes to insert, leave out, replace or exchange with their neighbour that lead from one text to
  /// another.
  static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var (beforeLast, last) = ([Int](), Array(0...other.count))
    for (row, byte) in one.enumerated() {
      var next = [row + 1]
      for (column, otherByte) in other.enumerated() {
        var least = min(last[column] + (byte == otherByte ? 0 : 1), last[column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, byte == other[column - 1], one[row - 1] == otherByte {
          least = min(least, beforeLast[column - 1] + 1)
        }
        next.append(least)
      }
      (beforeLast, last) = (last, next)
    }
    return last[other.count]
  }
}
