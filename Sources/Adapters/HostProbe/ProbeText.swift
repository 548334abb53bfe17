import Domain

/// Reads what procfs says.
enum ProbeText {
  /// Whether an id map is the first user namespace's: every id stands for itself.
  static func isWholeRange(_ map: [UInt8]) -> Bool {
    var words = ByteFields(map.filter { $0 != UInt8(ascii: "\n") }, at: " ")
    for expected in ["0", "0", "4294967295"] {
      var word = words.next()
      while word?.isEmpty == true { word = words.next() }
      guard let word, word.elementsEqual(expected.utf8) else { return false }
    }
    return words.next() == nil
  }

  /// Where a file system of this type is mounted first; nil when it is nowhere. A path with a space or the
  /// like stays as the kernel writes it.
  static func mountPoint(of type: String, _ table: [UInt8]) -> String? {
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash + 1 < words.count,
        words[dash + 1].elementsEqual(type.utf8), words.count > 4
      else { continue }
      return String(decoding: words[4], as: UTF8.self)
    }
    return nil
  }

  /// Whether the list of file systems has one of this name: the last word of a line.
  static func hasFileSystem(_ name: String, _ list: [UInt8]) -> Bool {
    list.split(separator: UInt8(ascii: "\n")).contains { line in
      line.split(separator: UInt8(ascii: "\t")).last?.elementsEqual(name.utf8) ?? false
    }
  }
}

extension ProbeText {
  /// The last word of each line.
  static func lastWords(_ list: [UInt8]) -> [String] {
    list.split(separator: UInt8(ascii: "\n")).compactMap { line in
      line.split(whereSeparator: { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }).last.map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }

  /// How many ids the lines `name:first:count` give to one of these names; what is no such line does not count.
  static func subordinates(_ list: [UInt8], of names: [String]) -> UInt64 {
    list.split(separator: UInt8(ascii: "\n")).reduce(0) { sum, line in
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count == 3, names.contains(where: { fields[0].elementsEqual($0.utf8) }),
        let count = UInt32(String(decoding: fields[2], as: UTF8.self))
      else { return sum }
      return sum &+ UInt64(count)
    }
  }

  /// The name of a user by lines `name:…:uid:…` (passwd(5)).
  static func userName(_ list: [UInt8], of user: UInt32) -> String? {
    for line in list.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count > 2, fields[2].elementsEqual(user.decimal.utf8) else { continue }
      return String(decoding: fields[0], as: UTF8.self)
    }
    return nil
  }
}

extension UInt32 {
  fileprivate var decimal: String { UInt64(self).decimal }
}
