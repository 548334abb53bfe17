import CLinux
import Domain
import Linux
import Ports

extension LinuxKernel: ProgramKernel {
  func come(to index: Int, _ kind: StepKind) {
    timeline.mark(step: index)
    // The clock may cost a system call, and the filter's answer to that may be death.
    if kind == .installSeccompFilter, timeline.endsAtFilter {
      timeline.end()
      timeline = TimelineMemory()
    }
  }

  func reach(_ milestone: Milestone) throws(StepFault) {
    var none = 0
    let answer: SyncFrame?
    do throws(Errno) {
      if milestone != .limited {
        try SyncChannel.send(SyncFrame(.reached, index: UInt32(milestone.rawValue)), on: socket)
      }
      answer = try SyncChannel.receive(on: socket, received: &none)
    } catch {
      answer = nil
    }
    // The parent is gone, or has changed its mind: nobody is left to tell.
    guard let answer, answer.kind == .proceed else { Processes.exit(1) }
    guard milestone == .ready else { return }
    outlivesParent = true
    // From here on the container outlives the runtime.
    try attempt(.prctl, SYS_prctl, Int(PR_SET_PDEATHSIG), 0)
  }

  func findHome(_ uid: UInt32) throws(StepFault) {
    let text: StaticString = "HOME="
    memcpy(home, text.utf8Start, text.utf8CodeUnitCount)
    let place = home + text.utf8CodeUnitCount
    place[0] = CChar(UInt8(ascii: "/"))
    place[1] = 0
    guard let found = try? root.open("/etc/passwd"), let status = try? Files.status(found.number),
      status.st_mode & 0o170000 == 0o100000,
      let file = try? Files.open(name(of: found.number), at: procfs, O_RDONLY)
    else { return }
    var reader = PasswdReader(file.number, buffer, capacity: LinuxKernel.bufferSize)
    reader.copyHome(of: uid, to: place, capacity: LinuxKernel.homeSize - text.utf8CodeUnitCount)
  }

  func findExecutable(_ name: PlanText, searchPath: PlanText) throws(StepFault) {
    guard name.count > 0, name.count < Int(PATH_MAX) else {
      throw StepFault(.execve, .noSuchFileOrDirectory, detail: ExecutableSearch.inPath)
    }
    if strchr(name.pointer, Int32(UInt8(ascii: "/"))) != nil {
      memcpy(executable, name.pointer, name.count + 1)
      if let errno = ExecutableSearch.refusal(executable) {
        throw StepFault(.execve, errno, detail: ExecutableSearch.byName)
      }
      return
    }
    try ExecutableSearch.search(name, searchPath, into: executable, capacity: LinuxKernel.executableSize)
  }

  func closeDescriptors(preserved: UInt32) throws(StepFault) {
    try naming(.closeRange) { () throws(Errno) in
      try InheritedDescriptors.mark(from: 3 + Int(preserved), procfs: procfs)
    }
  }

  func isolateDescriptorNames() throws(StepFault) {
    let folder: StaticString = "self/fd"
    let flags = Int(OPEN_TREE_CLONE) | Int(O_CLOEXEC)
    do throws(Errno) {
      descriptorNames = Int32(try call(Int32(SYS_open_tree), Int(procfs), word(folder.utf8Start), flags))
    } catch {
      guard error.meansMissing else { throw StepFault(.openTree, error) }
      try isolateByName(folder)
    }
  }

  /// The same without `open_tree`: a mount that is taken away again stays for whoever has a descriptor of it.
  private func isolateByName(_ folder: StaticString) throws(StepFault) {
    let name = folder.utf8Start.withMemoryRebound(to: CChar.self, capacity: folder.utf8CodeUnitCount) { $0 }
    try attempt(.mount, SYS_mount, word(name), word(name), 0, Int(MS_BIND), 0)
    descriptorNames = try naming(.open) { () throws(Errno) in
      try Files.open(name, at: procfs, O_PATH | O_DIRECTORY).release()
    }
    try attempt(.umount2, SYS_umount2, word(name), LinuxKernel.detach)
  }

  func awaitStart(_ slot: Slot) throws(StepFault) {
    let path = try descriptor(slot)
    // The parent has nothing more to hear; whoever starts the container listens at the fifo.
    try announceExecution()
    closeSocket()
    // The wait may be long, and whoever may look into this process would find the host behind its descriptors.
    closeDirectories(except: path)
    _ = write(UInt64(max(path, 0)), radix: 10, to: buffer)
    fifo = try naming(.open) { () throws(Errno) in
      try Files.open(buffer, at: descriptorNames, O_WRONLY).release()
    }
    for number in [path, descriptorNames] { _ = Descriptor(owning: number) }
    descriptorNames = -1
    var released = UInt8(ascii: "0")
    try naming(.write) { () throws(Errno) in
      try withUnsafeBytes(of: &released) { (bytes) throws(Errno) in try Files.writeAll(fifo, bytes) }
    }
  }

  /// Only the program is left to come. A parent that is gone by now need not be told: the state is saved.
  private func announceExecution() throws(StepFault) {
    do throws(Errno) {
      try SyncChannel.send(SyncFrame(.executing), on: socket)
    } catch {
      guard error == .brokenPipe else { throw StepFault(.sendmsg, error) }
    }
  }

  func closeSocket() {
    guard socket >= 0 else { return }
    _ = Descriptor(owning: socket)
    socket = -1
  }

  func leaveHost() throws(StepFault) {
    try announceExecution()
    closeDirectories(except: -1)
  }

  func execute(_ arguments: PlanTextList, _ environment: PlanTextList) throws(StepFault) {
    let pointers = self.pointers.fill(arguments: arguments, environment: environment, home: home)
    try attempt(
      .execve, SYS_execve, word(executable), word(pointers.arguments), word(pointers.environment))
  }
}

extension LinuxKernel {
  /// Closes all but what tells of a failed `execve`, and one slot. Close-on-exec is not enough: the kernel resolves
  /// the program's path, the links and the `#!` line behind it before it closes anything, and a path through
  /// `/proc/self/fd` would lead from one of these out of the container.
  private func closeDirectories(except kept: Int32) {
    for number in [procfs, null, emptyDirectory] where number >= 0 { _ = Descriptor(owning: number) }
    (procfs, null, emptyDirectory) = (-1, -1, -1)
    for index in slots.indices where slots[index] >= 0 {
      if slots[index] != kept { _ = Descriptor(owning: slots[index]) }
      slots[index] = -1
    }
    root.close()
  }
}

/// `argv` and `envp`, in memory that is there before the program's limits bind: with a small address space none
/// could be had any more.
struct PointerArrays {
  private let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>

  /// Room for all texts of a plan, which are fewer than its bytes. The corresponding system call is `mmap`: what is
  /// not used is not there.
  init(plan size: Int) throws(Errno) {
    let flags = Int(MAP_PRIVATE) | Int(MAP_ANONYMOUS) | Int(MAP_NORESERVE)
    let address = try call(
      Int32(SYS_mmap), 0, (size + 3) * MemoryLayout<Int>.size, Int(PROT_READ | PROT_WRITE), flags, -1, 0)
    guard let start = UnsafeMutableRawPointer(bitPattern: address) else { throw .noMemory }
    pointers = start.bindMemory(to: UnsafePointer<CChar>?.self, capacity: size + 3)
  }

  /// Fills the arrays; `home` is one more variable, unless it is empty.
  func fill(
    arguments list: PlanTextList, environment variables: PlanTextList, home: UnsafePointer<CChar>
  ) -> (
    arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>,
    environment: UnsafeMutablePointer<UnsafePointer<CChar>?>
  ) {
    let environment = pointers + list.count + 1
    PointerArrays.fill(pointers, list)
    PointerArrays.fill(environment, variables)
    if home[0] != 0 {
      environment[variables.count] = home
      environment[variables.count + 1] = nil
    }
    return (pointers, environment)
  }

  private static func fill(_ pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>, _ list: PlanTextList) {
    var next = list.first
    for index in 0..<list.count {
      pointers[index] = next
      next += strlen(next) + 1
    }
    pointers[list.count] = nil
  }
}
