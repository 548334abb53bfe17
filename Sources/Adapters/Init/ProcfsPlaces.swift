import CLinux
import Domain
import Linux
import Ports

/// What may be mounted on procfs: the kernel's word is not to be forged by an image.
extension LinuxKernel {
  /// Refuses a target in procfs that the document does not name as one: a link of the image leads there.
  /// Those that the document names have passed validation.
  func refuseProcfs(_ target: Int32, _ path: PlanText) throws(StepFault) {
    guard try isProcfs(target), ProcPath(path.pointer) == .elsewhere else { return }
    throw StepFault(.verify, .notPermitted)
  }

  /// Refuses to bind anything but a procfs on `/proc`.
  func refuseFalseProcfs(_ source: Int32, _ path: PlanText) throws(StepFault) {
    guard ProcPath(path.pointer) == .root, try !isProcfs(source) else { return }
    throw StepFault(.verify, .noSuchDevice)
  }

  /// Whether a descriptor is of a procfs. The corresponding system call is `fstatfs`.
  private func isProcfs(_ descriptor: Int32) throws(StepFault) -> Bool {
    try naming(.fstatfs) { () throws(Errno) in
      try Files.fileSystemType(descriptor) == Int(PROC_SUPER_MAGIC)
    }
  }
}

/// Where a path lies by its text alone; one with `..` may lie anywhere.
enum ProcPath {
  case root, inside, elsewhere

  init(_ path: UnsafePointer<CChar>) {
    var depth = 0
    var rest = path
    while true {
      rest += strspn(rest, "/")
      let length = strcspn(rest, "/")
      if length == 0 { break }
      defer { rest += length }
      if length == 1, rest[0] == CChar(UInt8(ascii: ".")) { continue }
      let isUp = length == 2 && strncmp(rest, "..", 2) == 0
      guard !isUp, depth > 0 || (length == 4 && strncmp(rest, "proc", 4) == 0) else {
        self = .elsewhere
        return
      }
      depth += 1
    }
    self = depth == 0 ? .elsewhere : depth == 1 ? .root : .inside
  }
}
