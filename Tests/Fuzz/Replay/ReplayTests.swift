import CLinux
import Linux
import Testing

/// What fuzzers once found, and what they start from: each file is fed to its entry again.
@Suite struct ReplayTests {
  static let root = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }

  @Test("inputs of fuzzers break nothing", arguments: entries.map(\.name))
  func replay(_ name: String) throws {
    let found = entries.first { $0.name == name }?.run
    let entry = try #require(found)
    let seeds = try files(in: Self.root + "/corpus/" + name)
    #expect(!seeds.isEmpty, "every fuzzer starts from something")
    for (path, bytes) in seeds + (try files(in: Self.root + "/findings/" + name)) {
      #expect(throws: Never.self, "\(path)") { try entry(bytes) }
    }
  }

  @Test("inputs belong to a fuzzer", arguments: ["corpus", "findings"])
  func foldersHaveFuzzers(_ folder: String) throws {
    for name in try names(in: Self.root + "/" + folder) where !name.hasPrefix(".") {
      #expect(entries.contains { $0.name == name }, "\(folder)/\(name)")
    }
  }
}

/// The names in a folder; none when it is missing.
private func names(in folder: String) throws -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// The files of a folder, by path.
private func files(in folder: String) throws -> [(path: String, bytes: [UInt8])] {
  try names(in: folder).map { ("\(folder)/\($0)", try Host.read("\(folder)/\($0)", limit: 1 << 24)) }
}
