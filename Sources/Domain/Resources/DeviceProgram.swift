/// Compiles device rules into a program for cgroup v2 (`BPF_PROG_TYPE_CGROUP_DEVICE`).
///
/// The program gets the kind and the accesses asked for in one word, then the numbers. It looks at the
/// rules from the last to the first, as the last one that speaks of an access decides it: a denial of any
/// access that is still undecided ends with no, a permission strikes the accesses off, and when none is
/// left the answer is yes.
public enum DeviceProgram {
  /// The size of one `struct bpf_insn`.
  public static let instructionSize = 8

  /// An array of `struct bpf_insn` for rules in order (see `DeviceRule.effective`), in the byte order of a
  /// little-endian machine.
  public static func compile(_ rules: [DeviceRule]) -> [UInt8] {
    var code = Code()
    code.loadRequest()
    var rules = rules[...]
    if let last = rules.lastIndex(where: \.isTotal) { rules = rules[last...] }
    var answer = false
    for rule in rules.reversed() {
      if rule.isTotal { answer = rule.allow } else { code.test(rule) }
    }
    code.answer(answer)
    return code.bytes
  }

  /// Registers, as numbered by the kernel.
  private enum Register {
    static let result: UInt8 = 0
    static let context: UInt8 = 1
    static let kind: UInt8 = 2
    static let access: UInt8 = 3
    static let major: UInt8 = 4
    static let minor: UInt8 = 5
  }

  /// Operations: the class and the variant of a `bpf_insn` in one byte. Comparisons are of 32 bits.
  private enum Operation {
    static let load: UInt8 = 0x61  // BPF_LDX | BPF_MEM | BPF_W
    static let copy: UInt8 = 0xbc  // BPF_ALU | BPF_MOV | BPF_X
    static let set: UInt8 = 0xb7  // BPF_ALU64 | BPF_MOV | BPF_K
    static let and: UInt8 = 0x54  // BPF_ALU | BPF_AND | BPF_K
    static let shiftRight: UInt8 = 0x74  // BPF_ALU | BPF_RSH | BPF_K
    static let ifNotEqual: UInt8 = 0x56  // BPF_JMP32 | BPF_JNE | BPF_K
    static let ifAny: UInt8 = 0x46  // BPF_JMP32 | BPF_JSET | BPF_K
    static let jump: UInt8 = 0x05  // BPF_JMP | BPF_JA
    static let exit: UInt8 = 0x95  // BPF_JMP | BPF_EXIT
  }

  private struct Code {
    var bytes: [UInt8] = []

    mutating func emit(
      _ operation: UInt8, _ destination: UInt8 = 0, source: UInt8 = 0, offset: Int = 0, value: UInt32 = 0
    ) {
      let offset = UInt16(truncatingIfNeeded: offset)
      bytes.append(operation)
      bytes.append(destination | source << 4)
      bytes.append(UInt8(truncatingIfNeeded: offset))
      bytes.append(UInt8(truncatingIfNeeded: offset >> 8))
      for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// `struct bpf_cgroup_dev_ctx`: the kind in the low half of its first word, the accesses in the high.
    mutating func loadRequest() {
      emit(Operation.load, Register.kind, source: Register.context, offset: 0)
      emit(Operation.copy, Register.access, source: Register.kind)
      emit(Operation.and, Register.kind, value: 0xffff)
      emit(Operation.shiftRight, Register.access, value: 16)
      emit(Operation.load, Register.major, source: Register.context, offset: 4)
      emit(Operation.load, Register.minor, source: Register.context, offset: 8)
    }

    /// One rule: comparisons that each skip the rest of it, then its effect.
    mutating func test(_ rule: DeviceRule) {
      var conditions: [(UInt8, UInt32)] = []
      switch rule.kind {
      case .block: conditions.append((Register.kind, 1))
      case .character: conditions.append((Register.kind, 2))
      case .all: break
      }
      if let major = rule.major { conditions.append((Register.major, major)) }
      if let minor = rule.minor { conditions.append((Register.minor, minor)) }
      let effect = 4
      for (index, (register, value)) in conditions.enumerated() {
        emit(
          Operation.ifNotEqual, register, offset: conditions.count - index - 1 + effect, value: value)
      }
      rule.allow ? allow(rule.access) : deny(rule.access)
    }

    /// Four instructions: strike the accesses off; none left means yes.
    mutating func allow(_ access: DeviceRule.Access) {
      emit(Operation.and, Register.access, value: ~UInt32(access.rawValue))
      emit(Operation.ifNotEqual, Register.access, offset: 2, value: 0)
      answer(true)
    }

    /// Four instructions: any of the accesses means no.
    mutating func deny(_ access: DeviceRule.Access) {
      emit(Operation.ifAny, Register.access, offset: 1, value: UInt32(access.rawValue))
      emit(Operation.jump, offset: 2)
      answer(false)
    }

    mutating func answer(_ allow: Bool) {
      emit(Operation.set, Register.result, value: allow ? 1 : 0)
      emit(Operation.exit)
    }
  }
}
