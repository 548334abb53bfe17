import CLinux
import Domain
import Linux
import Ports

/// The real kernel: what the init stage interprets its plan on.
///
/// Everything that may allocate is made before the first step; the steps use descriptors, the buffers here
/// and the plan's own bytes.
final class LinuxKernel {
  /// The end of the sync socket, or -1 once it is closed.
  var socket: Int32
  /// The descriptors of the plan's slots.
  let slots: UnsafeMutableBufferPointer<Int32>
  /// The doors of the process's cgroups.
  let doors: UnsafeMutableBufferPointer<Int32>
  /// The container's root.
  let root = RootFD()
  /// The host's procfs, verified; also the working directory until the program's own is entered, so that
  /// `self/fd/N` names a descriptor where a call takes only a path.
  var procfs: Int32
  /// The folder of the process's own descriptors as a mount of its own, or -1.
  var descriptorNames: Int32 = -1
  /// One page for paths and small texts.
  let buffer: UnsafeMutablePointer<CChar>
  static let bufferSize = 8192

  /// How the mounts of the new mount namespace propagate.
  var treePropagation: MountFlags = []
  /// The root lies over "/" itself, not at its own place.
  var isOverOldRoot = false
  /// The container's `/dev/null`, verified; or -1.
  var null: Int32 = -1
  /// An empty read-only directory that is mounted already; or -1.
  var emptyDirectory: Int32 = -1
  /// What Landlock is to deny; or -1.
  var ruleset: Int32 = -1
  /// The working directory of the program has been entered.
  var isInWorkingDirectory = false
  /// The plan says on which CPUs the process runs.
  var hasOwnCPUs = false
  /// The parent has let this process go on from `Milestone.ready`.
  var outlivesParent = false
  /// `argv` and `envp` of the program.
  let pointers: PointerArrays
  /// `HOME=…`, found in the passwd file; empty when it was not looked for.
  let home: UnsafeMutablePointer<CChar>
  static let homeSize = 4096
  /// The program's path, found; empty until then.
  let executable: UnsafeMutablePointer<CChar>
  static let executableSize = 8192
  /// The exec fifo, through which a failure is told once the socket is closed; or -1.
  var fifo: Int32 = -1
  /// Where it is written when each step began.
  var timeline: TimelineMemory

  init(
    socket: Int32, plan size: Int, slots: UnsafeMutableBufferPointer<Int32>,
    doors: UnsafeMutableBufferPointer<Int32>, timeline: TimelineMemory
  ) throws(Errno) {
    self.socket = socket
    self.timeline = timeline
    self.slots = slots
    self.doors = doors
    pointers = try PointerArrays(plan: size)
    buffer = .allocate(capacity: LinuxKernel.bufferSize)
    home = .allocate(capacity: LinuxKernel.homeSize)
    executable = .allocate(capacity: LinuxKernel.executableSize)
    home[0] = 0
    executable[0] = 0
    procfs = try Files.open("/proc", O_PATH | O_DIRECTORY).release()
    guard try Files.fileSystemType(procfs) == Int(PROC_SUPER_MAGIC), try Files.status(procfs).st_ino == 1
    else {
      throw .notSupported
    }
    _ = try call(Int32(SYS_fchdir), Int(procfs))
  }

  /// The descriptor behind a slot.
  func descriptor(_ slot: Slot) throws(StepFault) -> Int32 {
    guard Int(slot.rawValue) < slots.count, slots[Int(slot.rawValue)] >= 0 else {
      throw StepFault(.decode, .badDescriptor)
    }
    return slots[Int(slot.rawValue)]
  }

  /// Writes `self/fd/N`, relative to procfs, into the buffer.
  func name(of descriptor: Int32) -> UnsafePointer<CChar> {
    let text: StaticString = "self/fd/"
    memcpy(buffer, text.utf8Start, text.utf8CodeUnitCount)
    _ = write(UInt64(max(descriptor, 0)), radix: 10, to: buffer + text.utf8CodeUnitCount)
    return UnsafePointer(buffer)
  }
}

/// Makes a call; a failure becomes the fault of that name.
@inline(__always)
func attempt(
  _ name: StepCall, _ number: some BinaryInteger, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0,
  _ e: Int = 0
) throws(StepFault) {
  let result = clinux_call(Int(number), a, b, c, d, e, 0)
  guard result >= 0 else { throw StepFault(name, Errno(rawValue: Int32(truncatingIfNeeded: -result))) }
}

/// Gives a failure of the `Linux` target the name of the call at which the step failed.
@inline(__always)
func naming<Value: ~Copyable>(
  _ name: StepCall, _ body: () throws(Errno) -> Value
) throws(StepFault) -> Value {
  do throws(Errno) {
    return try body()
  } catch {
    throw StepFault(name, error)
  }
}

/// Writes a number as digits and a zero byte; how many digits.
func write(_ value: UInt64, radix: UInt64, to buffer: UnsafeMutablePointer<CChar>) -> Int {
  var count = 1
  var rest = value / radix
  while rest > 0 {
    count += 1
    rest /= radix
  }
  rest = value
  for index in (0..<count).reversed() {
    buffer[index] = CChar(truncatingIfNeeded: 48 + rest % radix)
    rest /= radix
  }
  buffer[count] = 0
  return count
}
