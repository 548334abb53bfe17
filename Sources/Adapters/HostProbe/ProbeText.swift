/// Reads what procfs says.
enum ProbeText {
  /// Whether an id map is the first user namespace's: every id stands for itself.
  static func isWholeRange(_ map: [UInt8]) -> Bool {
    let words = map.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return words.map { String(decoding: $0, as: UTF8.self) } == ["0", "0", "4294967295"]
  }

  /// Whether the list of file systems has one of this name: the last word of a line.
  static func hasFileSystem(_ name: String, _ list: [UInt8]) -> Bool {
    list.split(separator: UInt8(ascii: "\n")).contains { line in
      line.split(separator: UInt8(ascii: "\t")).last?.elementsEqual(name.utf8) ?? false
    }
  }
}
