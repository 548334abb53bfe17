import CLinux
import Domain
import Linux
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
      truncate(path, 45)
      _ = try cache.compile(profile)
      #expect(compiler.count == 3)
      unlink(path)
      symlink("/etc/passwd", path)
      _ = try cache.compile(profile)
      #expect(compiler.count == 4)
      _ = try cache.compile(profile)
      #expect(compiler.count == 4)
      #expect(SeccompCacheTests.entries(directory).count == 1)
    }
  }

  @Test("a file with any byte changed is not trusted, and is replaced")
  func changedBytes() throws {
    try SeccompCacheTests.withDirectory { directory in
      let compiler = CountingCompiler()
      let cache = SeccompCache(compiler, directory: directory, salt: "1")
      let filter = try cache.compile(.init(defaultAction: .allow))
      let path = directory + "/" + (try #require(SeccompCacheTests.entries(directory).first))
      let size = 32 + 8 + 8 + "unknown a\nunknown b".utf8.count
      for place in [0, 31, 32, 36, 40, 47, size - 1] {
        let opened = try Files.open(path, O_RDWR)
        let file = opened.number
        var byte: UInt8 = 0
        #expect(pread(file, &byte, 1, off_t(place)) == 1)
        byte ^= 1
        #expect(pwrite(file, &byte, 1, off_t(place)) == 1)
        #expect(try cache.compile(.init(defaultAction: .allow)) == filter)
      }
      #expect(compiler.count == 8)
      #expect(try cache.compile(.init(defaultAction: .allow)) == filter && compiler.count == 8)
    }
  }

  @Test("what a filter depends on names the library's version and the architecture")
  func dependencies() {
    let words = LibseccompCompiler.dependencies.split(separator: " ")
    #expect(words.count == 3 && words[1].split(separator: ".").count == 3 && words[1] != "0.0.0")
    #expect(words[2] != "0")
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
