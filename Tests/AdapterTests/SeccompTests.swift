import Domain
import Ports
import Seccomp
import Testing

/// Compiled filters are run through a small interpreter of classic BPF, so that what counts is what the
/// kernel would answer.
@Suite struct SeccompTests {
  static let allow: UInt32 = 0x7FFF_0000
  static func errno(_ number: UInt32) -> UInt32 { 0x0005_0000 | number }

  /// What the kernel would answer; nil when the program is not one.
  static func answer(
    _ filter: SeccompFilter, _ number: UInt32, _ arguments: [UInt64] = [], architecture: UInt32 = 0xC000_003E
  ) -> UInt32? {
    var data = words(number, architecture, 0, 0)
    for index in 0..<6 {
      let value = index < arguments.count ? arguments[index] : 0
      data += words(UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32))
    }
    return FilterMachine(filter.program, data: data).run()
  }

  static func words(_ values: UInt32...) -> [UInt32] { values }

  static func profile(_ rules: [SeccompRule], default action: SeccompAction = .errno) -> SeccompProfile {
    var profile = SeccompProfile(defaultAction: action)
    profile.syscalls = rules
    return profile
  }

  static func compiled(_ profile: SeccompProfile) throws -> SeccompFilter {
    try LibseccompCompiler().compile(profile)
  }

  #if arch(x86_64)
  @Test("a named call gets its action, another one the default, a newer one ENOSYS")
  func actions() throws {
    let filter = try SeccompTests.compiled(
      SeccompTests.profile([SeccompRule(names: ["read", "openat2"], action: .allow)]))
    #expect(SeccompTests.answer(filter, 0) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 437) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 1) == SeccompTests.errno(1))
    #expect(SeccompTests.answer(filter, 438) == SeccompTests.errno(38))
    #expect(SeccompTests.answer(filter, 0x4000_0000) == SeccompTests.errno(38))
  }

  @Test("a filter is no longer than the kernel takes, and a hopeless one is not even tried")
  func length() throws {
    func rule(_ names: [String], _ count: UInt64) -> SeccompRule {
      let arguments = (0..<count).map { SeccompArgument(index: 0, value: $0 << 32 | $0, op: .equal) }
      return SeccompRule(names: names, action: .allow, args: arguments)
    }
    #expect(throws: SeccompError.tooManyConditions(limit: 4096)) {
      try SeccompTests.compiled(SeccompTests.profile([rule(["read"], 4097)]))
    }
    do throws(SeccompError) {
      _ = try LibseccompCompiler().compile(SeccompTests.profile([rule(["read", "write", "close"], 1300)]))
      Issue.record("3,900 conditions on 64-bit arguments fit into no filter")
    } catch {
      guard case .tooLong(let instructions, 4096) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(instructions > 4096)
    }
  }

  @Test("without a refusing default there is nothing to answer ENOSYS to")
  func noStub() throws {
    let rule = SeccompRule(names: ["read"], action: .errno, errnoRet: 5)
    for action in [SeccompAction.allow, .log, .trace] {
      let filter = try SeccompTests.compiled(SeccompTests.profile([rule], default: action))
      #expect(SeccompTests.answer(filter, 0) == SeccompTests.errno(5))
      #expect(SeccompTests.answer(filter, 400) != SeccompTests.errno(38))
    }
  }

  @Test("conditions of one rule must all hold")
  func conjunction() throws {
    let filter = try SeccompTests.compiled(
      SeccompTests.profile([
        SeccompRule(
          names: ["write"], action: .allow,
          args: [
            SeccompArgument(index: 0, value: 1, op: .equal),
            SeccompArgument(index: 2, value: 100, op: .less),
          ])
      ]))
    #expect(SeccompTests.answer(filter, 1, [1, 0, 99]) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 1, [1, 0, 100]) == SeccompTests.errno(1))
    #expect(SeccompTests.answer(filter, 1, [2, 0, 99]) == SeccompTests.errno(1))
  }

  @Test("a repeated index makes alternatives")
  func alternatives() throws {
    let filter = try SeccompTests.compiled(
      SeccompTests.profile([
        SeccompRule(
          names: ["personality"], action: .allow,
          args: [
            SeccompArgument(index: 0, value: 0, op: .equal), SeccompArgument(index: 0, value: 8, op: .equal),
          ])
      ]))
    #expect(SeccompTests.answer(filter, 135, [0]) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 135, [8]) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 135, [9]) == SeccompTests.errno(1))
  }

  @Test("a masked comparison")
  func masked() throws {
    let condition = SeccompArgument(index: 0, value: 0x7E02_0000, valueTwo: 0, op: .maskedEqual)
    let filter = try SeccompTests.compiled(
      SeccompTests.profile([SeccompRule(names: ["clone"], action: .allow, args: [condition])]))
    #expect(SeccompTests.answer(filter, 56, [0x11]) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 56, [0x1000_0000]) == SeccompTests.errno(1))
  }

  @Test("a second architecture has its own numbers")
  func architectures() throws {
    var profile = SeccompTests.profile([SeccompRule(names: ["read", "statx"], action: .allow)])
    profile.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    let filter = try SeccompTests.compiled(profile)
    #expect(SeccompTests.answer(filter, 3, architecture: 0x4000_0003) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 4, architecture: 0x4000_0003) == SeccompTests.errno(1))
    #expect(SeccompTests.answer(filter, 390, architecture: 0x4000_0003) == SeccompTests.errno(38))
    #expect(SeccompTests.answer(filter, 0x4000_0000) == SeccompTests.allow)
    #expect(SeccompTests.answer(filter, 0x4000_0000 | 400) == SeccompTests.errno(38))
    #expect(SeccompTests.answer(filter, 300) == SeccompTests.errno(1))
  }
  #endif

  @Test("unknown names: a call warns, an architecture and a flag are refused")
  func unknownNames() throws {
    let filter = try SeccompTests.compiled(
      SeccompTests.profile([SeccompRule(names: ["no_such_call", "read"], action: .allow)]))
    #expect(filter.warnings == ["unknown system call no_such_call"])
    var profile = SeccompProfile(defaultAction: .allow)
    profile.architectures = ["SCMP_ARCH_PDP11"]
    #expect(throws: SeccompError.unknownArchitecture("SCMP_ARCH_PDP11")) {
      try SeccompTests.compiled(profile)
    }
    profile.architectures = []
    profile.flags = ["SECCOMP_FILTER_FLAG_X"]
    #expect(throws: SeccompError.unknownFlag("SECCOMP_FILTER_FLAG_X")) { try SeccompTests.compiled(profile) }
  }

  @Test("every architecture of the specification can be named; those of other machines warn")
  func foreignArchitectures() throws {
    var profile = SeccompTests.profile([SeccompRule(names: ["read"], action: .allow)])
    profile.architectures = SeccompProfile.architectureNames
    let filter = try SeccompTests.compiled(profile)
    #expect(SeccompTests.answer(filter, 0) == SeccompTests.allow)
    #expect(
      filter.warnings.contains { $0.contains("SCMP_ARCH_LOONGARCH64") || $0.contains("SCMP_ARCH_S390X") })
  }

  @Test("calls that an agent answers, and the flags that come with it")
  func notifications() throws {
    var profile = SeccompTests.profile([SeccompRule(names: ["mkdir"], action: .notify)], default: .allow)
    let filter = try SeccompTests.compiled(profile)
    #expect(filter.flags == 4 | CompiledFilter.newListener)
    #if arch(x86_64)
    #expect(SeccompTests.answer(filter, 83) == 0x7FC0_0000)
    #endif
    profile.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
    #expect(try SeccompTests.compiled(profile).flags == 0x20 | CompiledFilter.newListener)
    profile.syscalls = []
    #expect(try SeccompTests.compiled(profile).flags == 0)
  }

  @Test("no list of flags and an empty one differ")
  func flags() throws {
    var profile = SeccompProfile(defaultAction: .allow)
    #expect(try SeccompTests.compiled(profile).flags == 4)
    profile.flags = []
    #expect(try SeccompTests.compiled(profile).flags == 0)
    profile.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"]
    #expect(try SeccompTests.compiled(profile).flags == 2)
  }
}

/// Classic BPF as seccomp uses it: loads of absolute words, jumps, and a return.
struct FilterMachine {
  private let program: [UInt8]
  private let data: [UInt32]

  init(_ program: [UInt8], data: [UInt32]) {
    self.program = program
    self.data = data
  }

  func run() -> UInt32? {
    var accumulator: UInt32 = 0
    var index = 0
    while index * 8 + 8 <= program.count {
      let code = UInt16(program[index * 8]) | UInt16(program[index * 8 + 1]) << 8
      let (jumpTrue, jumpFalse) = (Int(program[index * 8 + 2]), Int(program[index * 8 + 3]))
      var operand: UInt32 = 0
      for byte in 0..<4 { operand |= UInt32(program[index * 8 + 4 + byte]) << (8 * UInt32(byte)) }
      index += 1
      switch code {
      case 0x20: accumulator = data[Int(operand) / 4]
      case 0x54: accumulator &= operand
      case 0x05: index += Int(operand)
      case 0x15: index += accumulator == operand ? jumpTrue : jumpFalse
      case 0x25: index += accumulator > operand ? jumpTrue : jumpFalse
      case 0x35: index += accumulator >= operand ? jumpTrue : jumpFalse
      case 0x06: return operand
      default: return nil
      }
    }
    return nil
  }
}
