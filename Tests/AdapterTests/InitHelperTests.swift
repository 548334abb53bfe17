import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Init

@Suite("What the init stage reads and decides by itself")
struct InitHelperTests {
  private func home(_ text: String, uid: UInt32, capacity: Int = 256, buffer size: Int = 64) throws -> String
  {
    let file = try MemoryFile.make("passwd")
    try Files.writeAll(file.number, text)
    lseek(file.number, 0, SEEK_SET)
    var buffer = [CChar](repeating: 0, count: size)
    var result = [CChar](repeating: 0, count: capacity)
    return try buffer.withUnsafeMutableBufferPointer { buffer in
      try result.withUnsafeMutableBufferPointer { result in
        var reader = PasswdReader(file.number, try #require(buffer.baseAddress), capacity: size)
        let place = try #require(result.baseAddress)
        reader.copyHome(of: uid, to: place, capacity: capacity)
        return String(cString: place)
      }
    }
  }

  @Test(
    "a home directory from a passwd file",
    arguments: [
      ("root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\n", 1000, "/home/u"),
      ("root:x:0:0:root:/root:/bin/sh", 0, "/root"), ("root:x:0:0:root:/root", 0, "/root"),
      ("root:x:0:0:root::/bin/sh\n", 0, ""), ("x:x:10:10::/ten:\nx:x:1:1::/one:\n", 1, "/one"),
      ("x:x:-1:1::/one:\nx:x:4294967296:1::/two:\nx:x: 1:1::/three:\n", 1, ""), ("", 0, ""),
      ("garbage\n::::\n\nx:x:7:7::/seven:\n", 7, "/seven"),
      (String(repeating: "x", count: 500) + ":x:5:5::/long:\nx:x:5:5::/short:\n", 5, "/short"),
    ])
  func passwd(text: String, uid: UInt32, expected: String) throws {
    #expect(try home(text, uid: uid) == expected)
  }

  @Test("a home that does not fit is none")
  func longHome() throws {
    #expect(try home("u:x:1:1::/\(String(repeating: "h", count: 40)):\n", uid: 1, capacity: 20) == "")
  }

  private func search(_ name: String, _ path: String) -> Result<String, StepFault> {
    var result = [CChar](repeating: 0, count: 4096)
    return name.withCString { name in
      path.withCString { path in
        result.withUnsafeMutableBufferPointer { result -> Result<String, StepFault> in
          guard let place = result.baseAddress else { return .failure(StepFault(.none, .noMemory)) }
          do throws(StepFault) {
            try ExecutableSearch.search(
              PlanText(pointer: name, count: Int(strlen(name))),
              PlanText(pointer: path, count: Int(strlen(path))), into: place, capacity: 4096)
            return .success(String(cString: place))
          } catch {
            return .failure(error)
          }
        }
      }
    }
  }

  @Test(
    "a program is found in the search path as a shell finds it",
    arguments: [
      ("sh", "/nonexistent:/bin:/usr/bin", "/bin/sh"), ("sh", "/etc:/bin", "/bin/sh"),
      ("sh", "/:/bin/", "/bin//sh"), ("bin", "/:/bin", nil), ("passwd", "/etc", nil),
      ("sh", "", nil), ("sh", "/" + String(repeating: "x", count: 8000) + ":/bin", "/bin/sh"),
    ] as [(String, String, String?)])
  func searchPath(name: String, path: String, expected: String?) {
    #expect((try? search(name, path).get()) == expected)
  }

  @Test("why a program is not to be had")
  func refusals() {
    #expect(
      search("passwd", "/etc")
        == .failure(StepFault(.execve, .permissionDenied, detail: ExecutableSearch.inPath)))
    #expect(
      search("no-such-program", "/bin")
        == .failure(StepFault(.execve, .noSuchFileOrDirectory, detail: ExecutableSearch.inPath)))
    #expect(ExecutableSearch.refusal("/bin") == .isDirectory)
    #expect(ExecutableSearch.refusal("/bin/sh") == nil)
    #expect(ExecutableSearch.refusal("/bin/sh/x") == .notDirectory)
  }

  @Test("locked flags are kept, unless the document says otherwise")
  func lockedFlags() {
    let current: MountFlags = [.noSetUserID, .noDevices, .relativeAccessTime, .synchronous]
    let locked: MountFlags = [.noSetUserID, .noDevices, .relativeAccessTime]
    let cases: [(MountFlags, MountFlags, MountFlags?)] = [
      (.readOnly, [], locked.union(.readOnly)), (.readOnly, .noDevices, nil),
      (.readOnly, .noExecution, locked.union(.readOnly)), (.noAccessTime, [], nil),
      (.relativeAccessTime, [], locked),
    ]
    for (flags, cleared, expected) in cases {
      #expect(MountAttributes.keeping(current, in: flags, cleared: cleared) == expected)
    }
  }

  @Test("procfs and sysfs of the host are told from the container's own")
  func hostMounts() {
    let text = """
      20 1 8:1 / / rw - ext4 /dev/a rw
      21 20 0:5 / /proc rw shared:1 - proc proc rw
      22 20 0:6 / /sys rw - sysfs sysfs rw
      23 21 0:5 /sys /proc/sys ro - proc proc rw
      24 20 0:7 / /a\\040b rw master:1 propagate_from:2 - proc proc rw
      30 20 8:1 /root /root rw - ext4 /dev/a rw
      31 30 0:8 / /root/proc rw - proc proc rw
      nonsense
      32 31

      """
    var hidden: [String] = []
    text.utf8.withContiguousStorageIfAvailable { utf8 in
      let table = MountTable(UnsafeRawBufferPointer(utf8))
      var end = utf8.count
      while let line = table.line(before: end) {
        end = line.lowerBound
        guard let entry = table.entry(line), entry.isWhole, table.isKernelState(entry),
          !table.descends(entry, from: 30)
        else { continue }
        var path = [CChar](repeating: 0, count: 64)
        path.withUnsafeMutableBufferPointer { buffer in
          guard let base = buffer.baseAddress, table.copyPath(entry, to: base, capacity: 64) else { return }
          hidden.append(String(cString: base))
        }
      }
    }
    #expect(hidden == ["/a b", "/sys", "/proc"])
  }

  @Test("the kernel's numbers of mount flags")
  func flagNumbers() {
    #expect(MountAttributes.bits([.readOnly, .noSetUserID, .noDevices, .noExecution]) == 0xF)
    #expect(MountAttributes.bits([.noAccessTime]) == 0x10)
    #expect(MountAttributes.bits([.noDirectoryAccessTime, .noSymbolicLinks]) == 0x20_0080)
    #expect(MountAttributes.flags(ofStatus: 0x1006) == [.noSetUserID, .noDevices, .relativeAccessTime])
    #expect(LinuxKernel.device(259, 300) == makedevice(259, 300))
  }

  /// `makedev` by the C library's documentation: 12 + 20 bits, split.
  private func makedevice(_ major: UInt64, _ minor: UInt64) -> UInt64 {
    (minor & 0xFF) | ((major & 0xFFF) << 8) | ((minor >> 8) << 20) | ((major >> 12) << 44)
  }

  @Test(
    "where a path lies as to /proc",
    arguments: [
      ("/proc", ProcPath.root), ("//./proc/.", .root), ("proc/", .root), ("/proc/sys", .inside),
      ("/proc//self/./x", .inside), ("/", .elsewhere), ("", .elsewhere), ("/procs", .elsewhere),
      ("/x/proc", .elsewhere), ("/proc/..", .elsewhere), ("/proc/../x/sys", .elsewhere),
      ("/../proc", .elsewhere), ("/proc/...", .inside),
    ])
  func placesInProc(_ path: String, _ place: ProcPath) {
    #expect(ProcPath(path) == place)
  }
}
