import CSeccomp
import Domain

/// A few instructions before the filter: a system call newer than every one in the profile gets `ENOSYS`
/// instead of the default action, so that a C library falls back to an older call instead of failing.
struct MissingSyscallStub {
  /// One `struct sock_filter`.
  private struct Instruction {
    var code: UInt16
    var jumpTrue: UInt8 = 0
    var jumpFalse: UInt8 = 0
    var operand: UInt32

    var bytes: [UInt8] {
      [UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), jumpTrue, jumpFalse]
        + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: operand >> $0) }
    }
  }

  private static let load: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
  private static let jumpIfEqual: UInt16 = 0x15
  private static let jumpIfGreater: UInt16 = 0x25
  private static let jumpIfAtLeast: UInt16 = 0x35
  private static let jump: UInt16 = 0x05
  private static let give: UInt16 = 0x06  // BPF_RET | BPF_K
  private static let numberOffset: UInt32 = 0  // offsetof(struct seccomp_data, nr)
  private static let architectureOffset: UInt32 = 4
  private static let x32Bit: UInt32 = 0x4000_0000
  private static let missing: UInt32 = 0x0005_0000 | UInt32(Errno.noSystemCall.rawValue)

  private var blocks: [[Instruction]] = []

  /// Whether an unknown call would be refused at all.
  static func applies(to action: SeccompAction) -> Bool {
    switch action {
    case .allow, .log, .trace, .notify: false
    case .kill, .killProcess, .killThread, .trap, .errno: true
    }
  }

  /// Finds the newest call that the profile names on each architecture.
  init(_ profile: SeccompProfile, _ architectures: [UInt32]) {
    let x32 = seccomp_arch_resolve_name("x32")
    let x86_64 = seccomp_arch_resolve_name("x86_64")
    let newestX32 = architectures.contains(x32) ? MissingSyscallStub.newest(profile, x32) : nil
    for architecture in architectures where architecture != x32 {
      guard let newest = MissingSyscallStub.newest(profile, architecture) else { continue }
      blocks.append(
        MissingSyscallStub.block(
          architecture, newest: newest, newestX32: architecture == x86_64 ? newestX32 : nil))
    }
  }

  private static func newest(_ profile: SeccompProfile, _ architecture: UInt32) -> UInt32? {
    var newest: Int32 = -1
    for rule in profile.syscalls {
      for name in rule.names {
        newest = max(newest, seccomp_syscall_resolve_name_arch(architecture, name))
      }
    }
    return newest >= 0 ? UInt32(newest) : nil
  }

  /// Skips itself on another architecture; else returns `ENOSYS`, or falls out at its end by a jump whose
  /// length is set once all blocks are known.
  private static func block(_ architecture: UInt32, newest: UInt32, newestX32: UInt32?) -> [Instruction] {
    var body: [Instruction] = [Instruction(code: load, operand: numberOffset)]
    if let newestX32 {
      body.append(Instruction(code: jumpIfAtLeast, jumpTrue: 1, jumpFalse: 0, operand: x32Bit))
      body.append(Instruction(code: jumpIfGreater, jumpTrue: 1, jumpFalse: 2, operand: newest))
      body.append(Instruction(code: jumpIfGreater, jumpTrue: 0, jumpFalse: 1, operand: newestX32 | x32Bit))
    } else {
      body.append(Instruction(code: jumpIfGreater, jumpTrue: 0, jumpFalse: 1, operand: newest))
    }
    body.append(Instruction(code: give, operand: missing))
    body.append(Instruction(code: jump, operand: 0))
    let skip = UInt8(truncatingIfNeeded: body.count)
    return [Instruction(code: jumpIfEqual, jumpTrue: 0, jumpFalse: skip, operand: architecture)] + body
  }

  /// The stub as an array of `struct sock_filter`; empty when the profile names no call.
  var instructions: [UInt8] {
    guard !blocks.isEmpty else { return [] }
    var bytes = Instruction(code: MissingSyscallStub.load, operand: MissingSyscallStub.architectureOffset)
      .bytes
    var rest = blocks.reduce(0) { $0 + $1.count }
    for block in blocks {
      rest -= block.count
      for (index, instruction) in block.enumerated() {
        var instruction = instruction
        if index == block.count - 1 { instruction.operand = UInt32(rest) }
        bytes += instruction.bytes
      }
    }
    return bytes
  }
}
