import CLinux
import Domain
import Linux
import Testing

/// A directory `root` with a neighbour `outside`, both gone with their owner.
private final class Tree {
  let path: String
  let root: RootFD

  init(usesOpenat2: Bool) throws {
    var template = Array("/tmp/martlet-root-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.flatMap { mkdtemp($0) }
    }
    path = String(cString: try #require(made))
    root = RootFD()
    root.usesOpenat2 = usesOpenat2
    for name in ["root", "outside", "root/a", "root/a/b", "root/etc"] { mkdir("\(path)/\(name)", 0o755) }
    for (name, text) in [("outside/secret", "outside"), ("root/etc/file", "inside")] {
      let file = try Files.open("\(path)/\(name)", O_WRONLY | O_CREAT, mode: 0o644)
      try Files.writeAll(file.number, text)
    }
    for (name, target) in Tree.links { symlink(target, "\(path)/root/\(name)") }
    root.replace(try Files.open("\(path)/root", O_PATH | O_DIRECTORY))
  }

  deinit {
    removeAll(path)
  }

  static let links = [
    ("absolute", "/etc/file"), ("up", "../../../../etc/file"), ("out", "/../outside/secret"),
    ("relative-out", "../outside/secret"), ("a/deep", "../../../outside/secret"), ("loop", "loop2"),
    ("loop2", "loop"), ("etc-link", "/etc"), ("dangling", "/run/made/file"),
    ("dangling-out", "../../../outside/new"), ("magic", "/proc/self/root/etc/passwd"),
  ]

  var outside: [String] {
    var names: [String] = []
    guard let directory = opendir("\(path)/outside") else { return names }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

private func removeAll(_ path: String) {
  if let directory = opendir(path) {
    while let entry = readdir(directory) {
      let isDirectory = entry.pointee.d_type == 4
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      if isDirectory { removeAll("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
    }
    closedir(directory)
  }
  rmdir(path)
}

@Suite("Paths below a root, by the kernel and by the walk", .serialized)
struct RootFDTests {
  private static let both = [true, false]

  private func identity(_ path: String) throws -> UInt64 {
    let file = try Files.open(path, O_PATH | O_NOFOLLOW)
    return UInt64(try Files.status(file.number).st_ino)
  }

  @Test(
    "links and .. stay inside", arguments: both,
    [
      "/absolute", "/up", "/etc-link/file", "etc/file", "/../../etc/file", "//etc/./file",
      "/a/b/../../etc/file",
    ])
  func inside(usesOpenat2: Bool, path: String) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    let opened = try tree.root.open(path)
    #expect(UInt64(try Files.status(opened.number).st_ino) == (try identity("\(tree.path)/root/etc/file")))
  }

  @Test(
    "what would lead out leads nowhere", arguments: both,
    ["/out", "/relative-out", "/a/deep", "/outside/secret", "/../outside/secret", "/magic"])
  func hostile(usesOpenat2: Bool, path: String) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try tree.root.open(path) }
  }

  @Test("endless links end", arguments: both)
  func loop(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    #expect(throws: Errno.tooManySymbolicLinks) { _ = try tree.root.open("/loop") }
  }

  @Test("a plain path has no link", arguments: both, ["/etc-link/file", "/absolute", "/etc-link"])
  func plain(usesOpenat2: Bool, path: String) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    #expect(throws: Errno.tooManySymbolicLinks) { _ = try tree.root.open(path, .noLinks) }
    #expect(throws: Errno.tooManySymbolicLinks) {
      _ = try tree.root.open(path, [.noLinks, .createDirectories])
    }
    _ = try tree.root.open("/etc/file", .noLinks)
  }

  @Test("a link as the last component is opened itself when asked for", arguments: both)
  func ownLink(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    for path in ["/etc-link", "/out", "/dangling", "/a/../loop"] {
      let opened = try tree.root.open(path, .ownLink)
      #expect(try Files.status(opened.number).st_mode & 0o170000 == 0o120000)
    }
    let through = try tree.root.open("/etc-link/file", [.ownLink, .createFile])
    #expect(
      UInt64(try Files.status(through.number).st_ino) == (try identity("\(tree.path)/root/etc/file")))
  }

  @Test("what is made is made inside, through dangling links too", arguments: both)
  func creation(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    let file = try tree.root.open("/dangling", .createFile)
    #expect(
      UInt64(try Files.status(file.number).st_ino) == (try identity("\(tree.path)/root/run/made/file")))
    _ = try tree.root.open("/dangling-out", .createFile)
    _ = try tree.root.open("/x/../../../y/z", .createDirectories, mode: 0o700)
    let made = try Files.open("\(tree.path)/root/y/z", O_PATH | O_DIRECTORY)
    #expect(try Files.status(made.number).st_mode & 0o777 == 0o700)
    #expect(tree.outside == ["secret"])
  }

  @Test("a directory on the way that is a file is none", arguments: both)
  func notDirectory(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    #expect(throws: Errno.notDirectory) {
      _ = try tree.root.open("/etc/file/below", .createDirectories)
    }
  }

  @Test("a directory is opened, or made with its parents where it is missing", arguments: both)
  func openMaking(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    for (path, isNew, place) in [
      ("/etc", false, "etc"), ("/etc-link/made", true, "etc/made"), ("/etc/made", false, "etc/made"),
      ("/new/very/deep", true, "new/very/deep"), ("/etc/made/", false, "etc/made"),
    ] {
      var isMade = false
      let opened = try tree.root.openMaking(path, isMade: &isMade)
      #expect(isMade == isNew)
      #expect(UInt64(try Files.status(opened.number).st_ino) == (try identity("\(tree.path)/root/\(place)")))
    }
    var isMade = false
    #expect(throws: Errno.tooManySymbolicLinks) {
      _ = try tree.root.openMaking("/etc-link/other", .noLinks, isMade: &isMade)
    }
  }

  @Test("a parent that was replaced meanwhile is opened anew", arguments: both)
  func parentAfterOthers(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    _ = try tree.root.openParent("/etc/one", [])
    #expect(rename("\(tree.path)/root/etc", "\(tree.path)/root/old") == 0)
    #expect(mkdir("\(tree.path)/root/etc", 0o755) == 0)
    _ = try tree.root.open("/")
    let parent = try tree.root.openParent("/etc/two", [])
    #expect(UInt64(try Files.status(parent.directory).st_ino) == (try identity("\(tree.path)/root/etc")))
  }

  @Test("a parent is opened inside, and the name is the last one", arguments: both)
  func parent(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    let path = "/etc-link/name"
    try path.withCString { pointer in
      let parent = try tree.root.openParent(pointer, [])
      #expect(String(cString: parent.name) == "name")
      #expect(
        UInt64(try Files.status(parent.directory).st_ino) == (try identity("\(tree.path)/root/etc")))
    }
    #expect(throws: Errno.self) { _ = try tree.root.openParent("/", []) }
    #expect(throws: Errno.tooManySymbolicLinks) { _ = try tree.root.openParent("/etc-link/name", .noLinks) }
  }

  @Test("the root is known by whatever path", arguments: both, ["/", ".", "/..", "/a/..", "/a/b/../.."])
  func root(usesOpenat2: Bool, path: String) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    let opened = try tree.root.open(path)
    #expect(try tree.root.isRoot(opened.number))
    let other = try tree.root.open("/a")
    #expect(try !tree.root.isRoot(other.number))
  }

  @Test("an endless path is too long, not a trap", arguments: both)
  func long(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    let path = String(repeating: "/a", count: 5000)
    #expect(throws: Errno.nameTooLong) { _ = try tree.root.open(path, .createDirectories) }
    #expect(throws: Errno.self) { _ = try tree.root.open(String(repeating: "a", count: 300)) }
  }
}

/// A process that does one thing over and over until its owner is gone.
private final class Attacker {
  private let descriptor: Int32

  /// Exchanges two names of a directory.
  init?(exchanging one: String, _ other: String, in directory: String) throws {
    let names = CStringArray([directory + "/" + one, directory + "/" + other])
    guard let child = try Processes.fork() else {
      while true {
        _ = clinux_call(
          Int(SYS_renameat2), -100, word(names.pointers[0]), -100, word(names.pointers[1]), 2, 0)
      }
    }
    descriptor = child.descriptor
  }

  deinit {
    try? Processes.signal(descriptor, SIGKILL)
    _ = try? Processes.reap(descriptor)
    _ = Descriptor(owning: descriptor)
  }
}

@Suite("Paths below a root, while somebody changes them", .serialized)
struct RootFDRaceTests {
  private static let both = [true, false]

  @Test("a directory that is exchanged with a link out never leads out", arguments: both)
  func links(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    symlink("../outside", "\(tree.path)/root/trap")
    let outside = try Files.open("\(tree.path)/outside/secret", O_PATH)
    let inode = try Files.status(outside.number).st_ino
    let attacker = try Attacker(exchanging: "a", "trap", in: "\(tree.path)/root")
    var (found, missing) = (0, 0)
    for round in 0..<20_000 {
      do throws(Errno) {
        let opened = try tree.root.open(round % 2 == 0 ? "/a/secret" : "/trap/b")
        #expect(try Files.status(opened.number).st_ino != inode)
        found += 1
      } catch {
        missing += 1
      }
      if round % 50 == 0 { _ = try? tree.root.open("/a/made", .createFile) }
    }
    withExtendedLifetime(attacker) {}
    #expect(tree.outside == ["secret"])
    // Both are seen, or the attacker was asleep and this says nothing.
    #expect(found > 0 && missing > 0)
  }

  @Test("a directory that is moved out meanwhile does not take a walk along", arguments: both)
  func moves(usesOpenat2: Bool) throws {
    let tree = try Tree(usesOpenat2: usesOpenat2)
    mkdir("\(tree.path)/outside/b", 0o755)
    mkdir("\(tree.path)/root/a/b/c", 0o755)
    let attacker = try Attacker(exchanging: "root/a/b", "outside/b", in: tree.path)
    let outside = try Files.open("\(tree.path)/outside/secret", O_PATH)
    let inode = try Files.status(outside.number).st_ino
    for _ in 0..<20_000 {
      guard let opened = try? tree.root.open("/a/b/c/../../secret") else { continue }
      #expect(try Files.status(opened.number).st_ino != inode)
    }
    withExtendedLifetime(attacker) {}
  }

  @Test(
    "magic links of procfs lead nowhere", arguments: both, ["self/root", "self/cwd", "self/exe", "self/fd/0"])
  func magic(usesOpenat2: Bool, name: String) throws {
    let root = RootFD()
    root.usesOpenat2 = usesOpenat2
    root.replace(try Files.open("/", O_PATH | O_DIRECTORY))
    #expect(throws: Errno.crossDevice) { _ = try root.open("/proc/\(name)") }
    #expect(throws: Errno.crossDevice) { _ = try root.open("/proc/\(name)/etc/passwd") }
    _ = try root.open("/proc/self/status")
  }
}
