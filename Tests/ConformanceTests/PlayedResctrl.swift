import CLinux
import Domain
import Linux

/// A machine that divides caches, played by a file system: `Tests/Support/resctrl.py`.
final class PlayedResctrl {
  let path: String
  private let server: (pid: Int32, descriptor: Int32)

  /// Mounts a machine of a shape, and waits until it is there.
  init(_ shape: String) throws {
    path = "/tmp/martlet-resctrl-\(Processes.current)-\(shape)"
    try Files.makeDirectory(path, mode: 0o755)
    let script = "\(#filePath)".split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
    let arguments = CStringArray(["/usr/bin/python3", script + "/Support/resctrl.py", shape, path])
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Errno.ioError }
    guard let child = try Processes.fork() else {
      dup2(ends[1], 1)
      if let program = arguments.pointers[0] { execve(program, arguments.pointers, clinux_environment()) }
      Processes.exit(127)
    }
    server = child
    close(ends[1])
    let reader = Descriptor(owning: ends[0])
    let said = try Files.readAll(reader.number, upTo: UInt8(ascii: "\n"))
    if said != Array("ready\n".utf8) { throw Errno.noSuchDevice }
  }

  deinit {
    // Which ends the server. A signal need not: threads of tests block signals, and so do their children.
    _ = path.withCString { clinux_call(Int(SYS_umount2), Int(bitPattern: $0), 2, 0, 0, 0, 0) }
    kill(server.pid, SIGKILL)
    _ = try? Processes.reap(server.descriptor)
    close(server.descriptor)
    rmdir(path)
  }

  var mount: RdtMount { RdtMount(path: path, isUnverified: true) }

  /// The classes and monitoring groups, in order.
  func groups() -> [String] {
    let classes = names("").filter { has($0 + "/tasks") }
    let monitors = ([""] + classes).flatMap { group in
      names(PlayedResctrl.join(group, "mon_groups")).map { PlayedResctrl.join(group, "mon_groups/" + $0) }
    }
    return (classes + monitors).sorted()
  }

  /// Whether a process is in a location's class, and in its monitoring group.
  func holds(_ pid: Int32, _ location: RdtLocation) -> Bool {
    let place = location.monitoringPath ?? location.path
    return text(place + "/tasks").split(separator: "\n").contains("\(pid)")
  }

  func text(_ path: String) -> String {
    guard let file = try? Files.open(path, O_RDONLY),
      let bytes = try? Files.readAll(file.number, limit: 1 << 20)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func has(_ name: String) -> Bool {
    access(path + "/" + name, F_OK) == 0
  }

  private func names(_ name: String) -> [String] {
    guard let directory = try? Files.open(path + "/" + name, O_RDONLY | O_DIRECTORY) else { return [] }
    return (try? Directories.names(directory.number, type: UInt8(DT_DIR))) ?? []
  }

  private static func join(_ group: String, _ name: String) -> String {
    group.isEmpty ? name : group + "/" + name
  }

  /// Why no machine can be played here; nil where one can.
  static var hindrance: String? {
    guard getuid() == 0 else { return "only root mounts file systems" }
    guard access("/dev/fuse", R_OK | W_OK) == 0 else { return "there is no /dev/fuse" }
    return access("/usr/bin/python3", X_OK) == 0 ? nil : "there is no python3"
  }
}

extension Files {
  /// Reads up to and with a byte, one by one.
  fileprivate static func readAll(_ descriptor: Int32, upTo last: UInt8) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.last != last, bytes.count < 4096 {
      var byte: UInt8 = 0
      guard try withUnsafeMutableBytes(of: &byte, { try read(descriptor, into: $0) }) == 1 else {
        return bytes
      }
      bytes.append(byte)
    }
    return bytes
  }
}
