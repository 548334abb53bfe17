/// The program's environment: of duplicates the last one wins, in the first one's place.
struct Environment {
  private(set) var entries: [String] = []

  /// `HOME` is absent or empty, and has to be looked up.
  private(set) var needsHome = true

  /// The value of `PATH`; empty when there is none.
  private(set) var searchPath = ""

  init(_ entries: [String]) {
    var names = NameIndex()
    for entry in entries {
      if let place = names.remember(Environment.name(of: entry)) {
        self.entries[place] = entry
      } else {
        self.entries.append(entry)
      }
    }
    for entry in self.entries {
      if entry.hasBytePrefix("PATH=") { searchPath = String(Substring(entry.utf8.dropFirst(5))) }
      if entry.hasBytePrefix("HOME=") { needsHome = entry.utf8.count == 5 }
    }
    if needsHome { self.entries.removeAll { $0 == "HOME=" } }
  }

  private static func name(of entry: String) -> String {
    let bytes = entry.utf8
    return String(entry[..<(bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.endIndex)])
  }
}
