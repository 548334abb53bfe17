import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: NamespaceKernel {
  func joinCgroups() throws(StepFault) { try join(doors) }

  func joinRemainingCgroups() throws(StepFault) {
    // It comes before the parent's limits, which count on the process being there.
    guard
      let arrived = try naming(.recvmsg, { () throws(Errno) in try Descriptors.receive(.rest, on: socket) })
    else { Processes.exit(1) }
    var next = slots.firstIndex(of: -1) ?? slots.count
    for descriptor in arrived.slots where next < slots.count {
      slots[next] = descriptor
      next += 1
    }
    try join(arrived.doors)
  }

  private func join(_ doors: UnsafeMutableBufferPointer<Int32>) throws(StepFault) {
    var own = UInt8(ascii: "0")
    for door in doors {
      try attempt(.write, SYS_write, Int(door), word(&own), 1)
      _ = Descriptor(owning: door)
    }
  }

  func enterNamespaces(_ namespaces: NamespaceSet, of slot: Slot) throws(StepFault) {
    try attempt(.setns, SYS_setns, Int(try descriptor(slot)), Int(truncatingIfNeeded: namespaces.rawValue))
    if namespaces.contains(.user) { try protectAgain() }
    guard namespaces.contains(.mount) else { return }
    root.replace(try naming(.open) { () throws(Errno) in try Files.open("/", O_PATH | O_DIRECTORY) })
    // The entry moved the working directory to the container's root.
    try attempt(.fchdir, SYS_fchdir, Int(procfs))
  }

  func unshare(_ namespaces: NamespaceSet) throws(StepFault) {
    try attempt(.unshare, SYS_unshare, Int(truncatingIfNeeded: namespaces.rawValue))
  }

  func becomeNamespaceRoot(keepsGroups: Bool) throws(StepFault) {
    try attempt(.setresgid, SYS_setresgid, 0, 0, 0)
    try attempt(.setresuid, SYS_setresuid, 0, 0, 0)
    if !keepsGroups { try setGroups(PlanBytes(start: nil, count: 0)) }
    try protectAgain()
  }

  /// A change of credentials sets what `fs.suid_dumpable` says, and forgets the signal of the parent's
  /// death.
  func protectAgain() throws(StepFault) {
    try attempt(.prctl, SYS_prctl, Int(PR_SET_DUMPABLE), 0)
    guard !outlivesParent else { return }
    try attempt(.prctl, SYS_prctl, Int(PR_SET_PDEATHSIG), Int(SIGKILL))
  }

  func startSession() throws(StepFault) {
    try attempt(.setsid, SYS_setsid)
  }

  func joinSessionKeyring(
    _ name: PlanText, create: Bool, userNamespace: Bool, label: PlanText
  ) throws(StepFault) {
    if label.count > 0 { try setKeyLabel(label.pointer, label.count) }
    let keyring = clinux_call(
      Int(SYS_keyctl), LinuxKernel.joinSession, word(name.pointer), 0, 0, 0, 0)
    // A line end alone is no label: what the program makes later is labelled by the policy.
    if label.count > 0 { try setKeyLabel("\n", 1) }
    guard keyring >= 0 else { throw StepFault(.keyctl, Errno(rawValue: Int32(truncatingIfNeeded: -keyring))) }
    guard create else { return }
    let count = clinux_call(
      Int(SYS_keyctl), LinuxKernel.describe, keyring, word(buffer), LinuxKernel.bufferSize - 1, 0, 0)
    guard count > 0, count < LinuxKernel.bufferSize, let permissions = keyPermissions() else {
      throw StepFault(.keyctl, .invalidArgument)
    }
    // Inside a user namespace the owner is nobody whom the kernel knows: others may search instead.
    let search = userNamespace ? 0x8 : 0x80000
    try attempt(.keyctl, SYS_keyctl, LinuxKernel.setPermissions, keyring, permissions | search)
  }

  /// The fourth field of a key's description, in hexadecimal.
  private func keyPermissions() -> Int? {
    var index = 0
    var semicolons = 0
    while semicolons < 3 {
      guard buffer[index] != 0 else { return nil }
      if buffer[index] == CChar(UInt8(ascii: ";")) { semicolons += 1 }
      index += 1
    }
    var value = 0
    for position in index..<index + 8 {
      guard let digit = hexadecimalDigit(UInt8(bitPattern: buffer[position])) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  func bringUpLoopback() throws(StepFault) {
    let socket = Descriptor(
      owning: Int32(
        try naming(.socket) { () throws(Errno) in
          try call(Int32(SYS_socket), Int(AF_UNIX), 2 | Int(O_CLOEXEC), 0)
        }))
    var request = ifreq()
    withUnsafeMutableBytes(of: &request.ifr_ifrn) { name in
      name[0] = UInt8(ascii: "l")
      name[1] = UInt8(ascii: "o")
    }
    request.ifr_ifru.ifru_flags = Int16(truncatingIfNeeded: IFF_UP)
    try attempt(.ioctl, SYS_ioctl, Int(socket.number), Int(SIOCSIFFLAGS), word(&request))
  }

  /// `KEYCTL_JOIN_SESSION_KEYRING`, `KEYCTL_SETPERM` and `KEYCTL_DESCRIBE`.
  private static let joinSession = 1
  private static let setPermissions = 5
  private static let describe = 6
}

private func hexadecimalDigit(_ byte: UInt8) -> Int? {
  switch byte {
  case 48...57: Int(byte) - 48
  case 97...102: Int(byte) - 87
  default: nil
  }
}
