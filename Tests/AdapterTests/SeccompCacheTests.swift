import CLinux
import Domain
import Ports
import Seccomp
import Testing

@Suite struct SeccompCacheTests {
  /// Counts how often it is asked.
  final class CountingCompiler: SeccompCompiler {
    var count = 0
    func compile(_ profile: SeccompProfile) throws(SeccompError) -> SeccompFilter {
      count += 1
      return SeccompFilter(
        program: [6, 0, 0, 0, 0, 0, 255, 127], flags: 4, warnings: ["unknown a", "unknown b"])
    }
  }

  static func withDirectory(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/martlet-cache-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer {
      for entry in entries(path + "/cache") { unlink(path + "/cache/" + entry) }
      rmdir(path + "/cache")
      rmdir(path)
    }
    try body(path + "/cache")
  }

  static func entries(_ directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  @Test("a profile is compiled once, and another salt or profile compiles again")
  func compiledOnce() throws {
    try SeccompCacheTests.withDirectory { directory in
      let compiler = CountingCompiler()
      let profile = SeccompProfile(defaultAction: .allow)
      let first = try SeccompCache(compiler, directory: directory, salt: "1").compile(profile)
      let second = try SeccompCache(compiler, directory: directory, salt: "1").compile(profile)
      #expect(first == second && compiler.count == 1)
      _ = try SeccompCache(compiler, directory: directory, salt: "2").compile(profile)
      _ = try SeccompCache(compiler, directory: directory, salt: "1").compile(.init(defaultAction: .errno))
      #expect(compiler.count == 3)
      #expect(SeccompCacheTests.entries(directory).count == 3)
    }
  }

  @Test("a file that others can write, a link or a torn file is not trusted")
  func untrustedFiles() throws {
    try SeccompCacheTests.withDirectory { directory in
      let compiler = CountingCompiler()
      let profile = SeccompProfile(defaultAction: .allow)
      let cache = SeccompCache(compiler, directory: directory, salt: "1")
      _ = try cache.compile(profile)
      let path = directory + "/" + (try #require(SeccompCacheTests.entries(directory).first))
      chmod(path, 0o666)
      _ = try cache.compile(profile)
      #expect(compiler.count == 2)
      truncate(path, 13)
      _ = try cache.compile(profile)
      #expect(compiler.count == 3)
      unlink(path)
      symlink("/etc/passwd", path)
      _ = try cache.compile(profile)
      #expect(compiler.count == 4)
    }
  }

  @Test("a directory that others can write is not used")
  func untrustedDirectory() throws {
    try SeccompCacheTests.withDirectory { directory in
      let compiler = CountingCompiler()
      mkdir(directory, 0o700)
      chmod(directory, 0o777)
      for _ in 0..<2 {
        _ = try SeccompCache(compiler, directory: directory, salt: "1").compile(.init(defaultAction: .allow))
      }
      #expect(compiler.count == 2 && SeccompCacheTests.entries(directory).isEmpty)
    }
  }
}
