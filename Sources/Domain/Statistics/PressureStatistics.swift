/// Time lost by waiting for a resource: one pressure file of cgroup v2.
public struct PressureStatistics: Equatable, Sendable {
  /// Times in which tasks stood still.
  public struct Share: Equatable, Sendable {
    /// Percent of the last 10 seconds.
    public var average10: Double
    /// Percent of the last minute.
    public var average60: Double
    /// Percent of the last 5 minutes.
    public var average300: Double
    /// Microseconds altogether.
    public var total: UInt64

    /// Makes a share.
    public init(average10: Double = 0, average60: Double = 0, average300: Double = 0, total: UInt64 = 0) {
      self.average10 = average10
      self.average60 = average60
      self.average300 = average300
      self.total = total
    }
  }

  /// At least one task stood still.
  public var some = Share()
  /// All tasks stood still.
  public var full = Share()

  /// Makes a pressure.
  public init(some: Share = Share(), full: Share = Share()) {
    self.some = some
    self.full = full
  }

  /// Reads a pressure file; nil when there is none, or nothing in it is known.
  public init?(_ bytes: [UInt8]?) {
    var isEmpty = true
    for line in KernelText.lines(bytes) {
      let words = KernelText.words(line)
      guard let kind = words.first else { continue }
      if KernelText.equals(kind, "some") {
        (some, isEmpty) = (Share(words.dropFirst()), false)
      } else if KernelText.equals(kind, "full") {
        (full, isEmpty) = (Share(words.dropFirst()), false)
      }
    }
    if isEmpty { return nil }
  }

  /// libcontainer's JSON.
  var json: JSON {
    .object([.init("some", some.json), .init("full", full.json)])
  }
}

extension PressureStatistics.Share {
  /// Reads `avg10=0.12 avg60=… avg300=… total=…`.
  init(_ words: ArraySlice<ArraySlice<UInt8>>) {
    self.init()
    for word in words {
      guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = word[(equals + 1)...]
      switch KernelText.text(word[..<equals]) {
      case "avg10": average10 = Self.percent(value)
      case "avg60": average60 = Self.percent(value)
      case "avg300": average300 = Self.percent(value)
      case "total": total = KernelText.number(value) ?? 0
      default: continue
      }
    }
  }

  /// A percentage with two digits behind the point.
  private static func percent(_ text: ArraySlice<UInt8>) -> Double {
    let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ KernelText.number($0) }) else { return 0 }
    guard parts.count == 2, let fraction = KernelText.number(parts[1]), parts[1].count <= 6 else {
      return Double(whole)
    }
    let scale = (0..<parts[1].count).reduce(1.0) { scale, _ in scale * 10 }
    // One division of whole numbers gives the number that its text is nearest to.
    return (Double(whole) * scale + Double(fraction)) / scale
  }

  var json: JSON {
    .object([
      .init("avg10", JSON(shortest: average10)), .init("avg60", JSON(shortest: average60)),
      .init("avg300", JSON(shortest: average300)), .init("total", JSON(number: total)),
    ])
  }
}

extension JSON {
  /// A number without a fraction where it has none.
  init(shortest number: Double) {
    let whole = number > -9e15 && number < 9e15 ? Int64(number) : 0
    self = Double(whole) == number ? .integer(whole) : .real(number)
  }
}
