import Domain
import Testing

@Suite struct MountTableTests {
  private static func layout(_ lines: [String]) -> CgroupLayout {
    CgroupLayout(mountTable: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  private static let v2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
  private static let root = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755"
  private static let cpu =
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct"
  private static let named = "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd"
  private static let beside = "35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"

  @Test func unified() {
    let layout = Self.layout([Self.root.replacing("tmpfs", with: "ext4"), Self.v2])
    #expect(layout.mode == .unified)
    #expect(
      layout.hierarchies == [.init(controllers: [], mountPoint: "/sys/fs/cgroup", isUnified: true)])
  }

  @Test func hybrid() {
    let layout = Self.layout([Self.root, Self.beside, Self.cpu, Self.named])
    #expect(layout.mode == .hybrid)
    #expect(
      layout.hierarchies == [
        .init(controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
        .init(controllers: ["name=systemd"], mountPoint: "/sys/fs/cgroup/systemd"),
        .init(controllers: [], mountPoint: "/sys/fs/cgroup/unified", isUnified: true),
      ])
  }

  @Test func legacy() {
    #expect(Self.layout([Self.root, Self.cpu]).mode == .legacy)
    let foreign = "35 31 0:32 / /run/other/cgroupv2 rw - cgroup2 none rw"
    let layout = Self.layout([Self.root, foreign, Self.cpu])
    #expect(layout.mode == .legacy)
    #expect(layout.hierarchies.map(\.isUnified) == [false])
  }

  @Test func escapes() {
    let line = #"40 31 0:33 /a\134b /sys/fs/cgroup/x\040y\011\012z rw - cgroup cgroup rw,name=a\040b"#
    let found = Self.layout([line]).hierarchies
    #expect(
      found == [
        .init(controllers: ["name=a b"], mountPoint: "/sys/fs/cgroup/x y\t\nz", root: #"/a\b"#)
      ])
  }

  @Test func rootInsideAContainer() {
    let line = "40 31 0:33 /docker/abc /sys/fs/cgroup/memory ro master:9 - cgroup cgroup rw,memory"
    #expect(Self.layout([line]).hierarchies.first?.root == "/docker/abc")
  }

  @Test func usualPlaceWins() {
    let copy = "39 31 0:33 /x /var/lib/rootfs/sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
    let usual = "40 31 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
    for lines in [[copy, usual], [usual, copy]] {
      #expect(Self.layout(lines).hierarchies.map(\.mountPoint) == ["/sys/fs/cgroup/memory"])
    }
  }

  @Test func laterMountCovers() {
    let above = "41 33 0:40 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,pids"
    #expect(Self.layout([Self.cpu, above]).hierarchies.map(\.controllers) == [["pids"]])
  }

  @Test(arguments: [
    "", "garbage", "1 2 3 4 5 6 - cgroup2", "1 2 0:1 / /x rw - cgroup cgroup rw",
    "1 2 0:1 / /x rw shared:1 cgroup cgroup rw,memory more", "- - - - - - - - -",
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/cgroup rw,errors=continue",
  ])
  func otherLinesDoNotCount(_ line: String) {
    #expect(Self.layout([line]).hierarchies == [])
  }

  /// Whatever stands there, reading it ends.
  @Test func anyBytes() {
    var random = Generator(seed: 5)
    let alphabet = Array("ab/ \\0179-:,=\ncgroup2 - rw".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<(random.next() % 120)).map { _ in random.pick(alphabet) }
      _ = CgroupLayout(mountTable: bytes)
    }
  }
}

extension String {
  fileprivate func replacing(_ word: String, with other: String) -> String {
    split(separator: " ", omittingEmptySubsequences: false).map { $0 == word ? other : String($0) }
      .joined(separator: " ")
  }
}
