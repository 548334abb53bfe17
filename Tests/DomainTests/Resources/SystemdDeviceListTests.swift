import Domain
import Testing

@Suite struct SystemdDeviceListTests {
  /// Each device was once looked for among all before it: a document could keep the runtime busy for hours.
  @Test(.timeLimit(.minutes(1))) func aLongListOfDevicesCostsNoMoreThanItsLength() {
    let count = 100_000
    let writes = (0..<count).map { ControlWrite("io", "io.max", "\($0):1 rbps=5 wiops=max") }
    let properties = SystemdProperties.version2(writes, SystemdVersion(257))
    #expect(properties.map(\.name) == ["IOReadBandwidthMax", "IOWriteIOPSMax"])
    for property in properties {
      guard case .array(_, let entries) = property.value else {
        Issue.record("\(property.name) is no list")
        continue
      }
      #expect(entries.count == count)
    }
  }

  @Test func theLastRateOfADeviceHolds() {
    let writes = ["8:0 rbps=5", "8:1 rbps=6", "8:0 rbps=7"].map { ControlWrite("io", "io.max", $0) }
    let entries: [PropertyValue] = [("8:0", 7), ("8:1", 6)].map {
      .structure([.string("/dev/block/" + $0.0), .uint64($0.1)])
    }
    #expect(
      SystemdProperties.version2(writes, SystemdVersion(257))
        == [UnitProperty("IOReadBandwidthMax", .array(.structure([.string, .uint64]), entries))])
  }
}
