import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel {
  func openTerminal(_ slot: Slot, rows: UInt16, columns: UInt16, console: Bool) throws(StepFault) {
    let receiver = try descriptor(slot)
    let master = try openMaster()
    let peer = try openPeer(of: master.number)
    if rows > 0, columns > 0 {
      var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      try attempt(.ioctl, SYS_ioctl, Int(master.number), Int(TIOCSWINSZ), word(&size))
    }
    try send(master.number, to: receiver)
    if console { try bindConsole(peer.number) }
    for number in 0..<3 {
      try attempt(.dup, SYS_dup3, Int(peer.number), number, 0)
    }
    try attempt(.ioctl, SYS_ioctl, 0, Int(TIOCSCTTY), 0)
    // The receiver waits for the end of this connection as well as for the message.
    _ = Descriptor(owning: receiver)
    slots[Int(slot.rawValue)] = -1
  }

  /// The multiplexer of the container's devpts, and nothing else by that name: verified before it is
  /// opened for good, since opening a device may do something.
  private func openMaster() throws(StepFault) -> Descriptor {
    let found = try naming(.openat2) { () throws(Errno) in try root.open("/dev/pts/ptmx", .noLinks) }
    let status = try naming(.fstat) { () throws(Errno) in try Files.status(found.number) }
    let type = try naming(.fstatfs) { () throws(Errno) in try Files.fileSystemType(found.number) }
    guard status.st_mode & 0o170000 == 0o020000, UInt64(status.st_rdev) == LinuxKernel.device(5, 2),
      type == Int(DEVPTS_SUPER_MAGIC)
    else { throw StepFault(.verify, .noSuchDevice) }
    let master = try naming(.open) { () throws(Errno) in
      try Files.open(name(of: found.number), at: procfs, O_RDWR | O_NOCTTY)
    }
    var unlocked: Int32 = 0
    try attempt(.ioctl, SYS_ioctl, Int(master.number), LinuxKernel.lock, word(&unlocked))
    return master
  }

  /// The other end, by the kernel and not by a name. The corresponding call is `TIOCGPTPEER`.
  private func openPeer(of master: Int32) throws(StepFault) -> Descriptor {
    try naming(.ioctl) { () throws(Errno) in
      Descriptor(
        owning: Int32(
          try call(
            Int32(SYS_ioctl), Int(master), LinuxKernel.peer, Int(O_RDWR | O_NOCTTY | O_CLOEXEC))))
    }
  }

  /// One message: a name, which receivers use as a label at most, and the descriptor.
  private func send(_ master: Int32, to receiver: Int32) throws(StepFault) {
    let label: StaticString = "/dev/pts/ptmx"
    let bytes = UnsafeRawBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount)
    _ = try naming(.sendmsg) { () throws(Errno) in
      try UnixSocket.send(bytes, with: master, on: receiver)
    }
  }

  /// `/dev/console` is made anew, or is a plain file or node of the image; never a link.
  private func bindConsole(_ peer: Int32) throws(StepFault) {
    let target = try naming(.openat2) { () throws(Errno) in
      try root.open("/dev/console", [.createFile, .noLinks])
    }
    try bind(peer, on: target.number, recursive: false)
  }

  /// `TIOCSPTLCK` and `TIOCGPTPEER`, whose macros take arguments.
  private static let lock = 0x4004_5431
  private static let peer = 0x5441
}
