import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: EnvironmentKernel {
  func setFileModeMask(_ mask: UInt32) throws(StepFault) {
    try attempt(.umask, SYS_umask, Int(mask))
  }

  func setHostName(_ name: PlanText) throws(StepFault) {
    try attempt(.sethostname, SYS_sethostname, word(name.pointer), name.count)
  }

  func setDomainName(_ name: PlanText) throws(StepFault) {
    try attempt(.setdomainname, SYS_setdomainname, word(name.pointer), name.count)
  }

  func writeKernelParameter(_ key: PlanText, _ value: PlanText) throws(StepFault) {
    let prefix: StaticString = "sys/"
    guard key.count < LinuxKernel.bufferSize - 8 else { throw StepFault(.open, .nameTooLong) }
    memcpy(buffer, prefix.utf8Start, prefix.utf8CodeUnitCount)
    memcpy(buffer + prefix.utf8CodeUnitCount, key.pointer, key.count + 1)
    let file = try openParameter(buffer)
    try naming(.write) { () throws(Errno) in
      try Files.writeAll(file.number, UnsafeRawBufferPointer(start: value.pointer, count: value.count))
    }
  }

  /// Opens below the host's procfs, which shows the namespaces of whoever looks; where that is covered or
  /// read-only (a runtime inside a container), below one that is mounted nowhere.
  private func openParameter(_ path: UnsafePointer<CChar>) throws(StepFault) -> Descriptor {
    do throws(Errno) {
      return try openBelowProcfs(path, O_WRONLY)
    } catch {
      guard error == .crossDevice || error == .readOnlyFileSystem else { throw StepFault(.open, error) }
    }
    let type: StaticString = "proc"
    let context = Descriptor(
      owning: Int32(
        try naming(.fsopen) { () throws(Errno) in
          try call(Int32(SYS_fsopen), word(type.utf8Start), Int(FSOPEN_CLOEXEC))
        }))
    try attempt(
      .fsconfig, SYS_fsconfig, Int(context.number), Int(FSCONFIG_CMD_CREATE.rawValue), 0, 0, 0)
    let mount = Descriptor(
      owning: Int32(
        try naming(.fsmount) { () throws(Errno) in
          try call(Int32(SYS_fsmount), Int(context.number), Int(FSMOUNT_CLOEXEC), 0)
        }))
    return try naming(.open) { () throws(Errno) in
      try KernelFiles.open(path, at: mount.number, O_WRONLY, links: .none, procfs: procfs)
    }
  }

  /// Opens below the host's procfs, crossing no mount and following no magic link; `self` is a plain one.
  func openBelowProcfs(_ name: UnsafePointer<CChar>, _ flags: Int32) throws(Errno) -> Descriptor {
    try KernelFiles.open(name, at: procfs, flags, links: .plain, procfs: procfs)
  }

  func setNoNewPrivileges() throws(StepFault) {
    try attempt(.prctl, SYS_prctl, Int(PR_SET_NO_NEW_PRIVS), 1)
  }

  func installSeccompFilter(_ program: PlanBytes, flags: UInt32) throws(StepFault) {
    guard program.count % 8 == 0, program.count / 8 <= Int(UInt16.max) else {
      throw StepFault(.seccomp, .invalidArgument)
    }
    // `struct sock_fprog`: a count, and the instructions.
    var filter = (UInt64(program.count / 8), UInt64(UInt(bitPattern: program.baseAddress)))
    let result = clinux_call(
      Int(SYS_seccomp), LinuxKernel.setModeFilter, Int(flags), word(&filter), 0, 0, 0)
    guard result >= 0 else { throw StepFault(.seccomp, Errno(rawValue: Int32(truncatingIfNeeded: -result))) }
    guard flags & CompiledFilter.newListener != 0 else { return }
    try handOver(Descriptor(owning: Int32(truncatingIfNeeded: result)))
  }

  /// The parent takes the listener's descriptor out of this process and gives it to the agent; from now on
  /// the agent may have to answer for any call but `write`, so that is the one by which the parent is told.
  private func handOver(_ listener: consuming Descriptor) throws(StepFault) {
    let frame = SyncFrame(.listener, index: UInt32(listener.number))
    let answer: SyncFrame?
    do throws(Errno) {
      answer = try SyncChannel.ask(frame, on: socket)
    } catch {
      answer = nil
    }
    // The parent is gone, or has changed its mind: nobody is left to tell.
    guard let answer, answer.kind == .proceed else { Processes.exit(1) }
    _ = consume listener
  }

  /// `SECCOMP_SET_MODE_FILTER`.
  private static let setModeFilter = 1

  func changeDirectory(_ path: PlanText, mayRetry: Bool) throws(StepFault) {
    guard !isInWorkingDirectory else { return }
    do throws(StepFault) {
      // Resolved by descriptor, so that no magic link leads out of the root.
      let directory = try naming(.chdir) { () throws(Errno) in try root.open(path.pointer) }
      try attempt(.fchdir, SYS_fchdir, Int(directory.number))
      isInWorkingDirectory = true
    } catch {
      guard mayRetry, error.errno == .permissionDenied || error.errno == .notPermitted else { throw error }
    }
  }

  func verifyWorkingDirectory() throws(StepFault) {
    // The kernel answers with a path from the root, or says that there is none. Any other refusal is the word of a
    // filter that had to be installed before: the directory was resolved inside the root all the same.
    do throws(StepFault) {
      try attempt(.getcwd, SYS_getcwd, word(buffer), LinuxKernel.bufferSize)
    } catch {
      guard error.errno == .noSuchFileOrDirectory else { return }
      throw error
    }
    guard buffer[0] == CChar(UInt8(ascii: "/")) else { throw StepFault(.getcwd, .noSuchFileOrDirectory) }
  }
}
