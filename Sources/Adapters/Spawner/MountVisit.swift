import CLinux
import Domain
import Linux

/// A visit to the mount namespace of a process that is on its way into a user namespace.
///
/// Its mounts are copies that the kernel has locked: what is read-only, `nosuid` or covered on the host
/// stays so, whatever the container's root may do. Clones that are to be the container's have to be made of
/// these copies, with the host's permissions.
struct MountVisit: ~Copyable {
  private let home: Descriptor
  private let workingDirectory: Descriptor

  /// Enters the mount namespace of the process behind a pidfd; nil where that is not to be had, and the
  /// process has to bind by itself. The corresponding system call is `setns`.
  static func begin(_ processDescriptor: Int32) throws(Errno) -> MountVisit? {
    let home = try Procfs().openMagicLink(directory: "self/ns", "mnt", O_RDONLY)
    let workingDirectory = try Files.open(".", O_PATH | O_DIRECTORY)
    let root = try Files.open("/", O_PATH | O_DIRECTORY)
    let result = clinux_call(
      Int(SYS_setns), Int(processDescriptor), Int(CLONE_NEWNS), 0, 0, 0, 0)
    guard result >= 0 else { return nil }
    let visit = MountVisit(home: home, workingDirectory: workingDirectory)
    do throws(Errno) {
      // The entry leads to the namespace's own root: whoever has another one means other files by his paths.
      let (mine, its) = (try Files.status(root.number), try MountVisit.rootStatus())
      if mine.st_dev == its.st_dev, mine.st_ino == its.st_ino { return visit }
      try visit.end(root.number)
      return nil
    } catch {
      try visit.end(root.number)
      throw error
    }
  }

  private init(home: consuming Descriptor, workingDirectory: consuming Descriptor) {
    self.home = home
    self.workingDirectory = workingDirectory
  }

  /// Goes home; `root` is a root directory to go back to, or -1 for the namespace's own.
  borrowing func end(_ root: Int32 = -1) throws(Errno) {
    _ = try call(Int32(SYS_setns), Int(home.number), Int(CLONE_NEWNS))
    if root >= 0 {
      _ = try call(Int32(SYS_fchdir), Int(root))
      let here: StaticString = "."
      _ = try call(Int32(SYS_chroot), word(here.utf8Start))
    }
    _ = try call(Int32(SYS_fchdir), Int(workingDirectory.number))
  }

  private static func rootStatus() throws(Errno) -> stat {
    let root = try Files.open("/", O_PATH | O_DIRECTORY)
    return try Files.status(root.number)
  }
}
