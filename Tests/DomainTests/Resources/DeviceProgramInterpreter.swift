/// Runs device programs as the kernel defines their instructions, knowing nothing of rules. What a verifier
/// would refuse has no answer.
struct DeviceProgramInterpreter {
  private struct Instruction {
    var operation: UInt8
    var destination: Int
    var source: Int
    var offset: Int
    var value: UInt32
  }

  private let code: [Instruction]

  init(_ bytes: [UInt8]) {
    code = stride(from: 0, to: bytes.count, by: 8).map { start in
      let raw = bytes[start..<(start + 8)].map { UInt32($0) }
      let offset = Int16(bitPattern: UInt16(raw[2] | raw[3] << 8))
      return Instruction(
        operation: bytes[start], destination: Int(raw[1] & 15), source: Int(raw[1] >> 4), offset: Int(offset),
        value: raw[4] | raw[5] << 8 | raw[6] << 16 | raw[7] << 24)
    }
  }

  /// Register 0 at the exit.
  func run(_ request: UInt32, _ major: UInt32, _ minor: UInt32) -> UInt64? {
    let context = [request, major, minor]
    var registers = [UInt64?](repeating: nil, count: 11)
    var next = 0
    for _ in 0...code.count {
      guard code.indices.contains(next) else { return nil }
      let now = code[next]
      next += 1
      let low = registers[now.destination].map { UInt32(truncatingIfNeeded: $0) }
      switch now.operation {
      case 0x61:
        guard now.source == 1, now.offset % 4 == 0, context.indices.contains(now.offset / 4) else {
          return nil
        }
        registers[now.destination] = UInt64(context[now.offset / 4])
      case 0xbc:
        guard let source = registers[now.source] else { return nil }
        registers[now.destination] = source & 0xffff_ffff
      case 0xb7: registers[now.destination] = UInt64(bitPattern: Int64(Int32(bitPattern: now.value)))
      case 0x54:
        guard let low else { return nil }
        registers[now.destination] = UInt64(low & now.value)
      case 0x74:
        guard let low, now.value < 32 else { return nil }
        registers[now.destination] = UInt64(low >> now.value)
      case 0x56:
        guard let low else { return nil }
        if low != now.value { next += now.offset }
      case 0x46:
        guard let low else { return nil }
        if low & now.value != 0 { next += now.offset }
      case 0x05: next += now.offset
      case 0x95: return registers[0]
      default: return nil
      }
    }
    return nil
  }
}
