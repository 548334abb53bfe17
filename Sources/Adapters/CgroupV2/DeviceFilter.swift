import CLinux
import Domain
import Linux
import Ports

/// The device controller of cgroup v2: a program that the kernel asks at each access. The corresponding
/// system call is `bpf`.
enum DeviceFilter {
  /// Attaches the program that means these rules in place of those that are there.
  ///
  /// The kernel asks all programs of a cgroup, and the new one takes the place of the first of them at once: at
  /// no moment is a device open that it does not permit, and what fails on the way leaves a device closed
  /// rather than open. A program that others attached and that may not be opened stays.
  static func apply(_ rules: [DeviceRule], to place: CgroupPlace) throws(CgroupError) {
    do throws(Errno) {
      let cgroup = try place.tree.open(place.name, O_RDONLY | O_DIRECTORY)
      let program = try load(DeviceProgram.compile(DeviceRule.effective(rules)))
      var isAttached = false
      for id in try attached(to: cgroup.number) {
        guard let old = try opened(id) else { continue }
        if isAttached {
          _ = try unlessGone { () throws(Errno) in try detach(old.number, from: cgroup.number) }
        } else {
          isAttached = try unlessGone { () throws(Errno) in
            try attach(program.number, to: cgroup.number, allowMultiple | replace, old.number)
          }
        }
      }
      if !isAttached { try attach(program.number, to: cgroup.number, allowMultiple, 0) }
    } catch {
      // Not even a replacement is taken then, and a program that went first would leave a device open.
      if error == .argumentListTooLong {
        throw .invalidValue(file: "devices", reason: "as many programs are attached as the kernel allows")
      }
      throw place.failure("bpf", error, "devices")
    }
  }

  /// False when somebody else detached the program meanwhile.
  private static func unlessGone(_ body: () throws(Errno) -> Void) throws(Errno) -> Bool {
    do throws(Errno) {
      try body()
      return true
    } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
      return false
    }
  }

  /// `BPF_PROG_LOAD` of a `BPF_PROG_TYPE_CGROUP_DEVICE`; no helper is used that asks for a licence.
  static func load(_ program: [UInt8]) throws(Errno) -> Descriptor {
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
  static func attach(
    _ program: Int32, to cgroup: Int32, _ flags: UInt64, _ replaced: Int32
  ) throws(Errno) {
    var attributes = Attributes()
    attributes.words.0 = pair(cgroup, program)
    attributes.words.1 = UInt64(attachType) | flags << 32
    attributes.words.2 = UInt64(UInt32(bitPattern: replaced))
    _ = try call(8, &attributes)
  }

  /// `BPF_PROG_DETACH`.
  private static func detach(_ program: Int32, from cgroup: Int32) throws(Errno) {
    var attributes = Attributes()
    attributes.words.0 = pair(cgroup, program)
    attributes.words.1 = UInt64(attachType)
    _ = try call(9, &attributes)
  }

  /// `BPF_PROG_QUERY`: the ids of the programs of this very cgroup, which the kernel lets have 64 at the most.
  static func attached(to cgroup: Int32) throws(Errno) -> [UInt32] {
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

  /// `BPF_PROG_GET_FD_BY_ID`; nil when the program is gone or may not be opened.
  private static func opened(_ id: UInt32) throws(Errno) -> Descriptor? {
    var attributes = Attributes()
    attributes.words.0 = UInt64(id)
    do throws(Errno) {
      return Descriptor(owning: Int32(try call(13, &attributes)))
    } catch {
      switch error {
      case .noSuchFileOrDirectory, .notPermitted, .permissionDenied: return nil
      default: throw error
      }
    }
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
  static let allowMultiple: UInt64 = 2
  private static let replace: UInt64 = 4
}
