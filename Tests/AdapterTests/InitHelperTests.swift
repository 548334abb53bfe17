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
    let file = try MemoryFile.make("passwd", flags: 0)
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
}
