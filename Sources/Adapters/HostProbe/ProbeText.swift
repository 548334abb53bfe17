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

  /// Whether the list of file systems has one of this name: the last word of a line.
  static func hasFileSystem(_ name: String, _ list: [UInt8]) -> Bool {
    list.split(separator: UInt8(ascii: "\n")).contains { line in
      line.split(separator: UInt8(ascii: "\t")).last?.elementsEqual(name.utf8) ?? false
    }
  }
}
