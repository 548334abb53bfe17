import CLinux
import Domain
import Linux
import Ports

/// The device controller of cgroup v2: a program that the kernel asks at each access. The corresponding
/// system call is `bpf`.
enum DeviceFilter {
  /// Attaches the program that means these rules, in place of the one that is there: at no moment is a
  /// device open that neither permits.
  static func apply(_ rules: [DeviceRule], to place: CgroupPlace) throws(CgroupError) {
    do throws(Errno) {
      let cgroup = try place.tree.open(place.name, O_RDONLY | O_DIRECTORY)
      let program = try load(DeviceProgram.compile(DeviceRule.effective(rules)))
      let present = try attached(to: cgroup.number)
      if present.count == 1 {
        let replaced = try descriptor(of: present[0])
        try attach(program.number, to: cgroup.number, allowMultiple | replace, replaced.number)
      } else {
        try attach(program.number, to: cgroup.number, allowMultiple, 0)
        for id in present { try detach(id, from: cgroup.number) }
      }
    } catch {
      throw place.failure("bpf", error, "devices")
    }
  }

  /// `BPF_PROG_LOAD` of a `BPF_PROG_TYPE_CGROUP_DEVICE`; no helper is used that asks for a licence.
  private static func load(_ program: [UInt8]) throws(Errno) -> Descriptor {
    var licence: UInt64 = 0x0000_6568_6361_7041  // "Apache", ended by a zero byte
    var failure: Errno?
    var number: Int32 = -1
    program.withUnsafeBytes { instructions in
      withUnsafePointer(to: &licence) { licence in
        // prog_type and insn_cnt, insns, license; the rest is zero.
        var attributes = Attributes()
        attributes.words.0 = UInt64(programType) | UInt64(program.count / DeviceProgram.instructionSize) << 32
        attributes.words.1 = UInt64(UInt(bitPattern: instructions.baseAddress))
        attributes.words.2 = UInt64(UInt(bitPattern: licence))
        do throws(Errno) {
          number = Int32(try call(5, &attributes))
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
    return Descriptor(owning: number)
  }

  /// `BPF_PROG_ATTACH`: target, program, type and flags, program to replace.
  private static func attach(
    _ program: Int32, to cgroup: Int32, _ flags: UInt64, _ replaced: Int32
  ) throws(Errno) {
    var attributes = Attributes()
    attributes.words.0 = pair(cgroup, program)
    attributes.words.1 = UInt64(attachType) | flags << 32
    attributes.words.2 = UInt64(UInt32(bitPattern: replaced))
    _ = try call(8, &attributes)
  }

  /// `BPF_PROG_DETACH`.
  private static func detach(_ id: UInt32, from cgroup: Int32) throws(Errno) {
    let program = try descriptor(of: id)
    var attributes = Attributes()
    attributes.words.0 = pair(cgroup, program.number)
    attributes.words.1 = UInt64(attachType)
    _ = try call(9, &attributes)
  }

  /// `BPF_PROG_QUERY`: the ids of the programs of this very cgroup.
  private static func attached(to cgroup: Int32) throws(Errno) -> [UInt32] {
    var ids = [UInt32](repeating: 0, count: 64)
    var failure: Errno?
    var count: UInt32 = 0
    ids.withUnsafeMutableBufferPointer { ids in
      var attributes = Attributes()
      attributes.words.0 = UInt64(UInt32(bitPattern: cgroup)) | UInt64(attachType) << 32
      attributes.words.2 = UInt64(UInt(bitPattern: ids.baseAddress))
      attributes.words.3 = UInt64(ids.count)
      do throws(Errno) {
        _ = try call(16, &attributes)
        count = UInt32(truncatingIfNeeded: attributes.words.3)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return Array(ids.prefix(Int(count)))
  }

  /// `BPF_PROG_GET_FD_BY_ID`.
  private static func descriptor(of id: UInt32) throws(Errno) -> Descriptor {
    var attributes = Attributes()
    attributes.words.0 = UInt64(id)
    return Descriptor(owning: Int32(try call(13, &attributes)))
  }

  private static func call(_ command: Int, _ attributes: inout Attributes) throws(Errno) -> Int {
    try Linux.call(Int32(SYS_bpf), command, word(&attributes), MemoryLayout<Attributes>.size)
  }

  private static func pair(_ low: Int32, _ high: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: low)) | UInt64(UInt32(bitPattern: high)) << 32
  }

  /// As much of `union bpf_attr` as is used, and zeros behind it.
  private struct Attributes {
    var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
      0, 0, 0, 0, 0, 0, 0, 0, 0
    )
  }

  /// `BPF_PROG_TYPE_CGROUP_DEVICE` and `BPF_CGROUP_DEVICE`.
  private static let programType: UInt32 = 15
  private static let attachType: UInt32 = 6
  /// `BPF_F_ALLOW_MULTI` and `BPF_F_REPLACE`.
  private static let allowMultiple: UInt64 = 2
  private static let replace: UInt64 = 4
}
