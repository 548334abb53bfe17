import Domain
import Testing

@Suite struct MountOptionsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var options: [String]
    var set: MountFlags = []
    var cleared: MountFlags = []
    var data = ""
    var testDescription: String { options.joined(separator: ",") }
  }

  static let cases = [
    Case(options: []),
    Case(options: ["ro", "nosuid"], set: [.readOnly, .noSetUserID]),
    Case(options: ["ro", "rw"], cleared: .readOnly),
    Case(options: ["rw", "ro"], set: .readOnly),
    Case(options: ["dev", "suid", "exec"], cleared: [.noDevices, .noSetUserID, .noExecution]),
    Case(options: ["noatime", "strictatime"], set: .strictAccessTime),
    Case(options: ["strictatime", "relatime"], set: .relativeAccessTime),
    Case(options: ["noatime", "nodiratime"], set: [.noAccessTime, .noDirectoryAccessTime]),
    Case(options: ["mode=755", "size=64k", "ro"], set: .readOnly, data: "mode=755,size=64k"),
    Case(options: ["defaults", ""]),
    Case(options: ["nolazytime", "loud", "symfollow"], cleared: [.lazyTime, .silent, .noSymbolicLinks]),
    Case(options: ["unknown", "gid=5"], data: "unknown,gid=5"),
  ]

  @Test("options become flags and data", arguments: cases)
  func flags(_ example: Case) {
    let options = MountOptions(example.options)
    #expect(options.set == example.set)
    #expect(options.cleared == example.cleared)
    #expect(options.data == example.data)
  }

  @Test("propagation options are separate changes, in order")
  func propagation() {
    let options = MountOptions(["rslave", "shared", "ro"])
    #expect(options.propagation == [[.slavePropagation, .recursive], .sharedPropagation])
  }

  @Test("a recursive attribute is for the tree only")
  func tree() {
    let options = MountOptions(["rro", "rdev", "rbind"])
    #expect(options.treeSet == .readOnly && options.treeCleared == .noDevices)
    #expect(options.set.isEmpty && options.bind == .recursive)
  }

  @Test("a later choice of access times for the tree replaces an earlier one")
  func treeTimes() {
    #expect(MountOptions(["rnoatime", "rrelatime"]).treeSet == .relativeAccessTime)
    #expect(MountOptions(["rro", "rnoatime", "rstrictatime"]).treeSet == [.readOnly, .strictAccessTime])
  }

  @Test("options of id-mapped mounts and of links")
  func special() {
    #expect(MountOptions(["idmap"]).idMap == .init(isRecursive: false, ranges: ""))
    #expect(MountOptions(["idmap", "ridmap"]).idMap == .init(isRecursive: true, ranges: ""))
    let ranges = MountOptions(["ridmap=uids=0-1-2;gids=0-1-2", "ro"])
    #expect(ranges.idMap == .init(isRecursive: true, ranges: "uids=0-1-2;gids=0-1-2"))
    #expect(ranges.data.isEmpty && ranges.set == .readOnly)
    let links = MountOptions(["copy-symlink", "src-nofollow", "dest-nofollow"])
    #expect(links.copiesLink && links.bindsSourceLink && links.coversTargetLink && links.data.isEmpty)
  }

  @Test("every option of the specification is known")
  func complete() {
    let required = [
      "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime",
      "loud",
      "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "norelatime", "nostrictatime",
      "nosuid", "private", "rbind", "relatime", "remount", "ro", "rprivate", "rshared", "rslave",
      "runbindable",
      "rw", "shared", "silent", "slave", "strictatime", "suid", "sync", "unbindable", "idmap", "ridmap",
      "symfollow", "nosymfollow", "ratime", "rdev", "rdiratime", "rexec", "rnoatime", "rnodiratime",
      "rnoexec",
      "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "rro", "rrw", "rstrictatime", "rsuid",
      "rsymfollow", "mand", "nomand", "tmpcopyup",
    ]
    #expect(required.filter { !MountOptions.names.contains($0) } == [])
  }
}
