import CLinux
import Domain
import Linux
import Testing

/// What is opened, or why not.
private enum Outcome: Equatable {
  case inode(UInt)
  case refused(Errno)

  init(_ body: () throws(Errno) -> Descriptor) {
    do throws(Errno) {
      let opened = try body()
      self = .inode(try Files.status(opened.number).st_ino)
    } catch {
      self = .refused(error)
    }
  }
}

@Suite("Files of procfs, by the kernel and by the walk")
struct KernelFilesTests {
  @Test(
    "the walk opens what the kernel does, and refuses what it does",
    arguments: [
      "self/status", "thread-self/attr/current", "self", "sys/kernel/ostype", "self/exe", "self/root/etc",
      "self/ns/net", "self/fd/0", "../etc/passwd", "/etc/passwd", "none", "self/status/x", ".", "self/./stat",
      "mounts", "net/dev",
    ], [KernelFiles.Links.none, .plain])
  func agreement(name: String, links: KernelFiles.Links) throws {
    let root = try Procfs().root
    let kernel = Outcome { () throws(Errno) in
      try KernelFiles.open(name, at: root, O_RDONLY, links: links, procfs: root)
    }
    let walk = Outcome { () throws(Errno) in
      try KernelFiles.open(name, byWalkingFrom: root, O_RDONLY, links: links, procfs: root)
    }
    #expect(walk == kernel)
  }

  @Test("a mount in the way is not entered")
  func mounts() throws {
    let root = try Files.open("/", O_PATH | O_DIRECTORY)
    let procfs = try Procfs().root
    #expect(throws: Errno.crossDevice) {
      _ = try KernelFiles.open(
        "proc/version", byWalkingFrom: root.number, O_RDONLY, links: .none, procfs: procfs)
    }
    #expect(try MountIdentity.of(procfs, procfs: procfs) != MountIdentity.of(root.number, procfs: procfs))
  }
}
