import Domain
import Linux
import Ports
import Simulation
import Testing

@testable import Kit

extension UseCaseTests {
  private static let data = #"{"destination":"/data","source":"/srv","options":["bind"]}"#
  private static let temporary = #"{"destination":"/temporary/","type":"tmpfs"}"#

  /// A bench with a running container, and a file of mounts.
  private func mountBench(_ mounts: String...) throws -> (bench: Bench, file: String) {
    let bench = try Bench()
    #expect(bench.run("run --detach --bundle \(bench.directory) web") == nil)
    let file = bench.directory + "/mounts.json"
    try Host.replace(file, Array("[\(mounts.joined(separator: ","))]".utf8), mode: 0o600)
    return (bench, file)
  }

  private func recorded(_ bench: Bench) throws -> [AddedMount]? {
    bench.store.entries[try ContainerID("web")]?.state?.addedMounts
  }

  private func change(_ bench: Bench, _ body: (inout AddedMount) -> Void) throws {
    var state = try #require(bench.store.entries[try ContainerID("web")]?.state)
    body(&state.addedMounts[0])
    try bench.store.save(state)
  }

  @Test func mountsAreAddedRecordedAndRemoved() throws {
    let (bench, file) = try mountBench(Self.data, Self.temporary)
    defer { try? Files.remove(file) }
    #expect(bench.run("mounts add web \(file)") == nil)
    #expect(bench.liveMounts.mounted == ["/data": 1, "/temporary": 2])
    #expect(try recorded(bench)?.map(\.isUnsettled) == [false, false])
    #expect(
      bench.run("mounts add web \(file)") == #"a mount was added on "/data" before: remove it first"#)
    #expect(bench.run("mounts remove web \(file)") == nil)
    #expect(bench.liveMounts.mounted.isEmpty)
    #expect(try recorded(bench) == [])
    #expect(bench.run("mounts remove web \(file)") == #"no mount was added on "/data""#)
  }

  @Test func ofMountsAllAreAddedOrNone() throws {
    let (bench, file) = try mountBench(Self.data, Self.temporary)
    defer { try? Files.remove(file) }
    bench.liveMounts.refusing = ["/temporary"]
    #expect(bench.run("mounts add web \(file)") == #"nothing may be mounted on "/temporary""#)
    #expect(bench.liveMounts.mounted.isEmpty)
    #expect(try recorded(bench) == [])
  }

  @Test func ofMountsNoneIsLeftForOneThatCannotBeReached() throws {
    let (bench, file) = try mountBench(Self.data, Self.temporary)
    defer { try? Files.remove(file) }
    bench.liveMounts.unreachable = ["/temporary"]
    #expect(bench.run("mounts add web \(file)")?.contains("/temporary") == true)
    #expect(bench.liveMounts.mounted.isEmpty)
    #expect(try recorded(bench) == [])
  }

  @Test func whatCannotBeTakenBackIsNamedAndTheRestIs() throws {
    let other = #"{"destination":"/other","type":"tmpfs"}"#
    let (bench, file) = try mountBench(Self.data, Self.temporary, other)
    defer { try? Files.remove(file) }
    bench.liveMounts.refusing = ["/other"]
    bench.liveMounts.whenRefused = { bench.liveMounts.unreachable = ["/temporary"] }
    let message = bench.run("mounts add web \(file)") ?? ""
    #expect(message.contains(#"the mount on "/temporary" may be left"#), "\(message)")
    #expect(!message.contains("/data"), "\(message)")
    #expect(bench.liveMounts.mounted.keys.sorted() == ["/temporary"])
    #expect(try recorded(bench)?.map(\.isUnsettled) == [true])
  }

  /// The same letter, and two directories.
  @Test func placesAreBytes() throws {
    let places = ["/d\u{E9}", "/de\u{301}"].map { #"{"destination":"\#($0)","type":"tmpfs"}"# }
    let (bench, file) = try mountBench(places[0])
    defer { try? Files.remove(file) }
    #expect(bench.run("mounts add web \(file)") == nil)
    try Host.replace(file, Array("[\(places[1])]".utf8), mode: 0o600)
    #expect(bench.run("mounts remove web \(file)")?.hasPrefix("no mount was added on") == true)
    #expect(bench.run("mounts add web \(file)") == nil)
    #expect(try recorded(bench)?.count == 2)
  }

  /// The first record names them before they are there, the second says that they are.
  @Test(arguments: [0, 1]) func mountsThatCannotBeRecordedAreTakenAway(_ saves: Int) throws {
    let (bench, file) = try mountBench(Self.data, Self.temporary)
    defer { try? Files.remove(file) }
    bench.store.publicationsUntilFailure = saves
    #expect(bench.run("mounts add web \(file)") != nil)
    #expect(bench.liveMounts.mounted.isEmpty)
    #expect(try recorded(bench) == [])
  }

  @Test func aMountThatWasInterruptedIsTakenAway() throws {
    let (bench, file) = try mountBench(Self.data)
    defer { try? Files.remove(file) }
    #expect(bench.run("mounts add web \(file)") == nil)
    try change(bench) { $0.isUnsettled = true }
    #expect(bench.run("mounts add web \(file)") == nil)
    #expect(bench.liveMounts.mounted == ["/data": 2])
    // The kernel has never heard of this one.
    try change(bench) { ($0.isUnsettled, $0.identity) = (true, 99) }
    #expect(bench.run("mounts remove web \(file)") == nil)
    #expect(try recorded(bench) == [])
  }

  @Test(arguments: [
    (#"{"destination":"/x","type":"proc"}"#, "/0: only tmpfs, and what has the option bind or rbind"),
    (#"{"destination":"/x","source":"/y","options":["remount","bind"]}"#, "/0: has an option"),
    (#"{"destination":"/x","options":["bind"]}"#, "/mounts/0/source"),
    (#"{"destination":"/x","source":"/y","options":["bind","size=1"]}"#, "/mounts/0/options"),
    (#"{"type":"tmpfs"}"#, "destination"),
  ])
  func mountsThatCannotBeAddedAreRefused(mount: String, reason: String) throws {
    let (bench, file) = try mountBench(mount)
    defer { try? Files.remove(file) }
    let message = bench.run("mounts add web \(file)") ?? ""
    #expect(message.contains(reason), "\(message)")
    #expect(bench.liveMounts.mounted.isEmpty)
  }
}
